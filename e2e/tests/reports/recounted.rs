//! The answers, counted from the raw rows in SQL.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use crate::asked::Asked;

/// Numbers by name.
pub(crate) type Counts = BTreeMap<String, i64>;

/// Runs `select key, count(*) …` over the events of the question's local days, which are `seen`.
pub(crate) async fn count(client: &Client, asked: &Asked, select: &str) -> Counts {
    count_filtered(client, asked, select, &[]).await
}

/// The same of those events whose columns have one of some values.
pub(crate) async fn count_filtered(
    client: &Client,
    asked: &Asked,
    select: &str,
    filters: &[(String, Vec<String>)],
) -> Counts {
    let projects = (!asked.projects.is_empty()).then_some(&asked.projects);
    let mut parameters: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> =
        vec![&asked.zone, &asked.from, &asked.to, &projects];
    let mut passes = String::new();
    for (column, values) in filters {
        parameters.push(values);
        passes += &format!(" and {column} = any (${}::text[])", parameters.len());
    }
    let sql = format!(
        "with seen as (
             select *, created_at at time zone $1::text as local_at from recounted
             where (created_at at time zone $1::text)::date between $2::date and $3::date
               and ($4::text[] is null or project_id = any ($4)){passes}
         ) {select}"
    );
    let rows = client.query(&sql, &parameters).await.unwrap();
    rows.iter()
        .map(|row| (row.get::<_, String>(0), row.get::<_, i64>(1)))
        .filter(|(_, count)| *count != 0)
        .collect()
}
