-- Which state of projects and their keys this is. No parameters. One row, no index.
select version
from projects_version
