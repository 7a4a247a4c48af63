//! What the database says of its tables, in a form to compare.

use tokio_postgres::Client;

/// `name type nullable default identity` of each column, in order.
pub(crate) async fn columns(client: &Client, table: &str) -> Vec<String> {
    let sql = "
        select concat_ws(' ', column_name, case data_type when 'USER-DEFINED' then udt_name else data_type end,
                         case is_nullable when 'NO' then 'not-null' end, 'default ' || column_default,
                         'identity ' || identity_generation)
        from information_schema.columns where table_schema = 'public' and table_name = $1 order by ordinal_position";
    client.query(sql, &[&table]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// `(columns)` of each index, unique ones marked, sorted.
pub(crate) async fn indexes(client: &Client, table: &str) -> Vec<String> {
    let sql = "
        select (case when indisprimary then 'primary ' when indisunique then 'unique ' else '' end)
               || (select string_agg(a.attname, ', ' order by k.place) from unnest(indkey) with ordinality k (attnum, place)
                   join pg_attribute a on a.attrelid = indrelid and a.attnum = k.attnum)
        from pg_index where indrelid = $1::text::regclass order by 1";
    client.query(sql, &[&table]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Each foreign key, in Postgres's words.
pub(crate) async fn foreign_keys(client: &Client, table: &str) -> Vec<String> {
    let sql = "select pg_get_constraintdef(oid) from pg_constraint \
               where conrelid = $1::text::regclass and contype = 'f' and conparentid = 0 order by 1";
    client.query(sql, &[&table]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// What `role` may change, and where: `table privilege` of each right that is not one to read.
pub(crate) async fn rights_to_write(client: &Client, role: &str) -> Vec<String> {
    let sql = "
        select relname || ' ' || privilege from pg_class,
            unnest(case relkind when 'S' then array['usage', 'update']
                   else array['insert', 'update', 'delete', 'truncate', 'references', 'trigger'] end) as privilege
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
          and case when relkind = 'S' then has_sequence_privilege($1, oid, privilege)
                   when privilege in ('insert', 'update', 'references')
                        then has_any_column_privilege($1, oid, privilege)
                   else has_table_privilege($1, oid, privilege) end
        order by 1";
    client.query(sql, &[&role]).await.unwrap().iter().map(|row| row.get(0)).collect()
}
