-- Adds a share link with the projects that it sees, and answers until when it holds (null: until it is revoked). $1 share id,
-- $2 name, $3 SHA-256 of its secret, $4 text: the key on whose behalf it is made, or null, $5 integer: days until it expires, or
-- null, $6 text[]: the projects. No row where the key is revoked, or does not see them all. Indexes: the primary keys.
with holder as (
    select key_id, all_projects
    from api_keys
    where key_id = $4 and revoked_at is null
),
added as (
    insert into shares (share_id, name, secret_sha256, key_id, expires_at)
    select $1, $2, $3, $4, now() + make_interval(days => $5)
    where $4 is null
       or exists (
           select
           from holder
           where all_projects
              or not exists (
                  select
                  from unnest($6::text[]) as asked (project_id)
                  where not exists (
                      select
                      from api_key_projects as sees
                      where sees.key_id = holder.key_id and sees.project_id = asked.project_id
                  )
              )
       )
    returning share_id, expires_at
),
seen as (
    insert into share_projects (share_id, project_id)
    select distinct added.share_id, asked.project_id
    from added, unnest($6::text[]) as asked (project_id)
)
select expires_at from added
