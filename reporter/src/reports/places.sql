-- Places by their numbers.
--   $1 integer[]: numbers
-- Reads places_pkey.
select place_id, country, city, lat, lng
from places
where place_id = any ($1::integer[])
