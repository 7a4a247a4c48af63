-- What a share link that has not ended may see, and the hash that its secret must match: of its projects those that the key
-- which it was made for still sees. No row for any other share.
--   $1 text: the share's id
-- Reads shares_pkey, share_projects_pkey, api_keys_pkey, api_key_projects_pkey.
select
    shares.secret_sha256,
    false as all_projects,
    array(
        select project_id
        from share_projects as shared
        where shared.share_id = $1
          and (
              shares.key_id is null
              or keys.all_projects
              or exists (
                  select
                  from api_key_projects as seen
                  where seen.key_id = shares.key_id
                    and seen.project_id = shared.project_id
              )
          )
        order by project_id
    ) as project_ids
from shares
left join api_keys as keys on keys.key_id = shares.key_id
where shares.share_id = $1
  and shares.revoked_at is null
  and keys.revoked_at is null
  and (shares.expires_at is null or shares.expires_at > now())
