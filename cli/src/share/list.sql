-- Every share link: id, name, projects, key it was made for, when made, when it expires, when revoked, whether it holds; the
-- newest last. No parameters. Scans the table.
select shares.share_id, shares.name,
       array(
           select project_id from share_projects as sees where sees.share_id = shares.share_id order by project_id
       ),
       shares.key_id, shares.created_at, shares.expires_at, shares.revoked_at,
       shares.revoked_at is null and keys.revoked_at is null and coalesce(shares.expires_at > now(), true)
from shares
left join api_keys as keys on keys.key_id = shares.key_id
order by shares.created_at, shares.share_id
