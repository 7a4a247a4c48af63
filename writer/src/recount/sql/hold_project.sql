-- Keeps writers from storing rows of a project until the transaction ends. $1 text: the project. Index: the primary key.
select from projects where project_id = $1 for update
