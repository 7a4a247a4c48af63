//! How far sessions go: loaded, opened, asked, submitted; over all and in the busiest projects.

use std::collections::HashMap;

use serde::Serialize;
use shared::sketch::Merging;
use utoipa::ToSchema;

use crate::auth::ProjectScope;
use crate::db::{DatabaseError, Snapshot};
use crate::query::Question;
use crate::reports::parts::Parts;
use crate::reports::period::{AnsweredPeriod, Days};
use crate::reports::quarters::Counts;
use crate::reports::sketches::{self, DaySketches, Estimate, RawSession, merge};
use crate::reports::widgets::widgets;
use crate::reports::{Cell, Report};

/// Shares are told to so many parts of the whole.
const SHARE_PARTS: f64 = 10_000.0;

/// How far sessions go.
///
/// A session has taken a step if it has that step's event or a later one's. What has no session is not counted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Funnel {
    period: AnsweredPeriod,
    days: Days,
    /// Over all projects of the scope; a session in two projects is one.
    funnel: Vec<Step>,
    /// The projects with the most events, at most as many as asked for.
    projects: Vec<ProjectFunnel>,
}

/// One project's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectFunnel {
    project_id: String,
    name: String,
    funnel: Vec<Step>,
}

/// One step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FunnelStep)]
pub(crate) struct Step {
    /// `loaded`, `opened`, `asked` or `submitted`.
    step: &'static str,
    /// Different sessions that took it.
    sessions: Estimate,
    /// The part of the step before that took this one, from 0 to 1; null for the first, and where none took the one before.
    #[schema(required)]
    share: Option<f64>,
}

impl Report for Funnel {
    const COLUMNS: &'static [&'static str] =
        &["project_id", "name", "step", "sessions", "sessions_low", "sessions_high", "share"];

    /// The steps over all projects first, which have neither id nor name.
    fn rows(&self) -> Vec<Vec<Cell<'_>>> {
        let over_all = self.funnel.iter().map(|step| step.cells(Cell::Nothing, Cell::Nothing));
        let of_projects = self.projects.iter().flat_map(|project| {
            let (id, name) = ((&project.project_id).into(), (&project.name).into());
            project.funnel.iter().map(move |step| step.cells(id, name))
        });
        over_all.chain(of_projects).collect()
    }
}

impl Step {
    fn cells<'a>(&'a self, project_id: Cell<'a>, name: Cell<'a>) -> Vec<Cell<'a>> {
        let (sessions, low, high) = self.sessions.numbers();
        vec![project_id, name, self.step.into(), sessions.into(), low.into(), high.into(), self.share.into()]
    }
}

/// How far sessions go.
pub(crate) async fn funnel(
    snapshot: &Snapshot<'_>,
    scope: &ProjectScope,
    question: &Question,
) -> Result<Funnel, DatabaseError> {
    let of_both = |counts: Counts| counts.impressions + counts.interactions;
    let (parts, widgets) = tokio::try_join!(
        Parts::of(snapshot, scope, question.period, question.instants, of_both),
        widgets(snapshot, scope, question),
    )?;
    let busiest = widgets.busiest(question.limit);
    let (read, raw_events) = Funnels::read(snapshot, scope, &parts, &busiest).await?;
    let (mut read, mut days) = (read, parts.days);
    if raw_events != parts.raw_events {
        // The raw rows have expired.
        let parts = Parts::utc(question.period);
        (read, days) = (Funnels::read(snapshot, scope, &parts, &busiest).await?.0, parts.days);
    }
    let projects = busiest.into_iter().map(|(project_id, name)| {
        let steps = read.by_project.get(&project_id).map(Steps::told);
        ProjectFunnel { funnel: steps.unwrap_or_else(|| Steps::default().told()), project_id, name }
    });
    let projects = projects.collect();
    Ok(Funnel { period: AnsweredPeriod::of(question)?, days, funnel: read.all.told(), projects })
}

/// The steps of all, and of some projects.
#[derive(Default)]
struct Funnels {
    all: Steps,
    by_project: HashMap<String, Steps>,
}

impl Funnels {
    async fn read(
        snapshot: &Snapshot<'_>,
        scope: &ProjectScope,
        parts: &Parts,
        projects: &[(String, String)],
    ) -> Result<(Self, i64), DatabaseError> {
        let mut funnels = Self::default();
        sketches::of_days(snapshot, scope, parts.whole, |day| funnels.all.add_day(day)).await?;
        funnels.by_project = projects.iter().map(|(id, _)| (id.clone(), Steps::default())).collect();
        let ids: Vec<&str> = projects.iter().map(|(id, _)| id.as_str()).collect();
        let by_project = &mut funnels.by_project;
        sketches::of_projects(snapshot, &ids, parts.whole, |day| {
            by_project.get_mut(day.project_id()?).map_or(Ok(()), |steps| steps.add_day(day))
        })
        .await?;
        let raw_events = sketches::of_raw_rows(snapshot, scope, &parts.raw, |session| {
            funnels.all.add_session(session)?;
            let project = funnels.by_project.get_mut(session.project_id()?);
            project.map_or(Ok(()), |steps| steps.add_session(session))
        })
        .await?;
        Ok((funnels, raw_events))
    }
}

/// Sessions by what was done in them.
#[derive(Default)]
struct Steps {
    loaded: Merging,
    opened: Merging,
    asked: Merging,
    submitted: Merging,
}

impl Steps {
    fn add_day(&mut self, day: &DaySketches<'_>) -> Result<(), DatabaseError> {
        merge(&mut self.loaded, day.bytes("sessions")?)?;
        merge(&mut self.opened, day.bytes("opened")?)?;
        merge(&mut self.asked, day.bytes("asked")?)?;
        merge(&mut self.submitted, day.bytes("submitted")?)
    }

    fn add_session(&mut self, session: &RawSession<'_>) -> Result<(), DatabaseError> {
        let Some(id) = session.id("session_id")? else { return Ok(()) };
        self.loaded.add_id(id);
        for (column, merging) in
            [("opened", &mut self.opened), ("asked", &mut self.asked), ("submitted", &mut self.submitted)]
        {
            if session.has(column)? {
                merging.add_id(id);
            }
        }
        Ok(())
    }

    /// Each step with those of the later ones.
    fn told(&self) -> Vec<Step> {
        let mut asked = self.submitted.clone();
        asked.merge(&self.asked);
        let mut opened = asked.clone();
        opened.merge(&self.opened);
        let steps = [
            ("loaded", &self.loaded),
            ("opened", &opened),
            ("asked", &asked),
            ("submitted", &self.submitted),
        ];
        let mut before: Option<Estimate> = None;
        let step = |(step, sessions): (&'static str, &Merging)| {
            let sessions = Estimate::of(&sessions.sketch());
            // Estimates of two sets may cross, though one holds the other.
            let sessions = before.map_or(sessions, |before| sessions.at_most(before));
            let of = before.replace(sessions).map(Estimate::estimate).filter(|of| *of > 0);
            let part = |of: i64| sessions.estimate() as f64 / of as f64;
            let share = of.map(|of| (part(of) * SHARE_PARTS).round() / SHARE_PARTS);
            Step { step, sessions, share }
        };
        steps.into_iter().map(step).collect()
    }
}
