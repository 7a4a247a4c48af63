"""Leads most of the generated requests to a project that exists, a zone and days that can be reported, or few would be answered."""

import datetime
import re

import schemathesis

PROJECT_ID = re.compile(r"[a-z0-9_-]{1,64}")
TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt].*")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
ZONES = ["UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York"]
KNOWN = "alpha"


def led(values):
    """The values with a valid project id made one that exists, seven times out of eight, and a valid time a recent one."""
    if not isinstance(values, dict):
        return values
    project_id = values.get("project_id")
    if isinstance(project_id, str) and PROJECT_ID.fullmatch(project_id) and hash(project_id) % 8:
        values = {**values, "project_id": KNOWN}
    sent_at = values.get("sent_at")
    if isinstance(sent_at, str) and TIME.fullmatch(sent_at) and hash(sent_at) % 8:
        now = datetime.datetime.now(datetime.timezone.utc)
        values = {**values, "sent_at": now.isoformat()}
    return with_days(values)


def with_days(values):
    """The same for what a report is asked: a zone that exists, days of late, and a grid where there is a zoom. What is wrong stays."""
    values = dict(values)
    projects = values.get("project_id")
    if isinstance(projects, list) and 0 < len(projects) <= 100:
        if all(isinstance(one, str) and PROJECT_ID.fullmatch(one) for one in projects) and hash(projects[0]) % 8:
            values["project_id"] = [KNOWN]
    tz = values.get("tz")
    if isinstance(tz, str) and hash(tz) % 8:
        values["tz"] = ZONES[hash(tz) % len(ZONES)]
    dates = [values[name] for name in ("from", "to") if name in values]
    if dates and all(map(is_date, dates)) and hash(dates[0]) % 8:
        today = datetime.date.today()
        for name, days in (("from", 7), ("to", 0)):
            if name in values:
                values[name] = (today - datetime.timedelta(days=days)).isoformat()
    if "zoom" in values and values.get("cluster", "city") in ("place", "city") and hash(str(values["zoom"])) % 8:
        values["cluster"] = "grid"
    return values


def is_date(value):
    try:
        return isinstance(value, str) and datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


@schemathesis.hook
def map_body(context, body):
    return led(body)


@schemathesis.hook
def map_query(context, query):
    return led(query)
