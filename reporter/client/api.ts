// Made by `cargo xtask client-types` from reporter/openapi.json; .ci/run compares the two. Change the types in Rust.

export interface paths {
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document, for people. */
        get: operations["docs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs/style.css": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Its style. */
        get: operations["docs_style"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/receipts/{envelope_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of an envelope: stored, dropped by a rule, or in quarantine and why. */
        get: operations["receipt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/breakdown": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events by one of their properties; filters combine. */
        get: operations["breakdown"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/contact-labels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which contacts visitors clicked most. */
        get: operations["contact_labels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/dropped": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the projects' own rules dropped, by UTC day of receipt. */
        get: operations["dropped"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/funnel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far sessions go: loaded, opened, asked, submitted. */
        get: operations["funnel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/impressions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How often widgets were loaded, over time. */
        get: operations["impressions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/impressions-by-location": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where widgets were loaded: the map. */
        get: operations["impressions_by_location"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/impressions-by-widget": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How often each widget was loaded. */
        get: operations["impressions_by_widget"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/interactions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What visitors did, over time. */
        get: operations["interactions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is there now, and each interaction as it is stored. */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The whole dashboard. */
        get: operations["overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/questions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What visitors asked most. */
        get: operations["questions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/top-widgets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The widgets with the most interactions. */
        get: operations["top_widgets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/visitors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many different visitors and sessions, each with its error. */
        get: operations["visitors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description One value. */
        BreakdownEntry: {
            /** Format: int64 */
            count: number;
            /** @description The country of a city; of other values there is none. */
            country?: string;
            /** @description Null for the events that have none, or of which it is not known. */
            value: string | null;
        };
        /** @description Events by a property of theirs. */
        BreakdownReport: {
            /** @description The most frequent first, at most as many as asked for. */
            breakdown: components["schemas"]["BreakdownEntry"][];
            days: components["schemas"]["Days"];
            /** @description What they are broken down by. */
            dimension: string;
            /**
             * Format: int64
             * @description Events of values that are not listed.
             */
            other: number;
            period: components["schemas"]["Period"];
            /**
             * Format: int64
             * @description Events that pass the filters: the list's and `other`.
             */
            total: number;
        };
        /** @description Which contacts visitors clicked. */
        ContactLabels: {
            /** @description The most frequent first, at most as many as asked for. */
            contact_labels: components["schemas"]["LabelClicked"][];
            days: components["schemas"]["Days"];
            /**
             * Format: int64
             * @description Clicks on labels that are not listed.
             */
            other: number;
            period: components["schemas"]["Period"];
            /**
             * Format: int64
             * @description Clicks: the list's and `other`.
             */
            total: number;
        };
        /** @description How often something happened in a period, and when. */
        CountOverTime: {
            /**
             * Format: int64
             * @description The total of the period before, where the client compares.
             */
            previous: number | null;
            /** @description Every interval of the period, in order. */
            series: components["schemas"]["Point"][];
            /**
             * Format: int64
             * @description The sum of the series.
             */
            total: number;
        };
        /** @description Interactions, or impressions, over time. */
        CountReport: components["schemas"]["CountOverTime"] & {
            period: components["schemas"]["Period"];
        };
        /**
         * @description Which days a report counts that is made of rollups by UTC day.
         * @enum {string}
         */
        Days: "local" | "utc";
        /** @description What rules dropped. */
        Dropped: {
            /** @description The latest first. */
            dropped: components["schemas"]["DroppedEvents"][];
            period: components["schemas"]["Period"];
        };
        /** @description Events that one rule dropped in one project on one day. */
        DroppedEvents: {
            /** @description The UTC day of receipt: where a visitor's day began is not known of what was dropped. */
            date: string;
            /** Format: int64 */
            events: number;
            name: string;
            project_id: string;
            reason: string;
        };
        /** @description What a refused client is told. */
        Error: {
            error: components["schemas"]["ErrorDetail"];
        };
        ErrorDetail: {
            /** @enum {string} */
            code: "expired" | "internal" | "invalid_query" | "method_not_allowed" | "not_found" | "not_shared" | "rate_limited" | "too_broad" | "too_many_streams" | "too_slow" | "unauthorized" | "unavailable" | "unknown_envelope" | "unknown_project";
            /** @description The parameter that is to be changed, where it is one. */
            field?: string;
            /** @description For people: what to change. */
            message: string;
        };
        /** @description How many different ones there were, about. */
        Estimate: {
            /**
             * Format: int64
             * @description The most likely number.
             */
            estimate: number;
            /**
             * Format: int64
             * @description The truth is at most this, in 95 of 100 cases.
             */
            high: number;
            /**
             * Format: int64
             * @description The truth is at least this, in 95 of 100 cases.
             */
            low: number;
            /**
             * Format: double
             * @description How far the truth may be off, as a part of the estimate: 0 where few were counted one by one.
             */
            relative_error: number;
        };
        /** @description How fresh an answer is. Both are null where no writer reports. */
        Fresh: {
            /**
             * Format: date-time
             * @description Every event received before this is in the answer, as far as the writers can see.
             */
            complete_until: string | null;
            /**
             * Format: int64
             * @description Messages that wait in the queue; one carries the events of many requests.
             */
            waiting_messages: number | null;
        };
        /**
         * @description How far sessions go.
         *
         *     A session has taken a step if it has that step's event or a later one's. What has no session is not counted.
         */
        Funnel: {
            days: components["schemas"]["Days"];
            /** @description Over all projects of the scope; a session in two projects is one. */
            funnel: components["schemas"]["FunnelStep"][];
            period: components["schemas"]["Period"];
            /** @description The projects with the most events, at most as many as asked for. */
            projects: components["schemas"]["ProjectFunnel"][];
        };
        /** @description One step. */
        FunnelStep: {
            /** @description Different sessions that took it. */
            sessions: components["schemas"]["Estimate"];
            /**
             * Format: double
             * @description The part of the step before that took this one, from 0 to 1; null for the first, and where none took the one before.
             */
            share: number | null;
            /** @description `loaded`, `opened`, `asked` or `submitted`. */
            step: string;
        };
        /** @description Impressions by place. */
        ImpressionsByLocation: components["schemas"]["Located"] & {
            period: components["schemas"]["Period"];
        };
        /** @description The widgets that were loaded. */
        ImpressionsByWidget: {
            /** @description Descending, ties by id; at most [`WIDGETS_MAX`]. */
            impressions_by_widget: components["schemas"]["WidgetImpressions"][];
            period: components["schemas"]["Period"];
        };
        /** @description A contact, by its label. */
        LabelClicked: {
            /** Format: int64 */
            count: number;
            /** @description Null where it has none. */
            label: string | null;
        };
        /** @description One interaction: nothing of the visitor, nothing they wrote. */
        LiveInteraction: {
            /** Format: date-time */
            at: string;
            label: string | null;
            project_id: string;
            type: string;
        };
        /** @description How much there is in the last minutes. */
        LiveNow: {
            /** @description There is more than is looked at: all four numbers are the least it can be. */
            at_least: boolean;
            fresh: components["schemas"]["Fresh"];
            /** Format: int64 */
            impressions: number;
            /** Format: int64 */
            interactions: number;
            /**
             * Format: int64
             * @description Different sessions.
             */
            sessions: number;
            /**
             * Format: int64
             * @description Different visitors.
             */
            visitors: number;
            /**
             * Format: int64
             * @description How far back is counted, in seconds.
             */
            window_s: number;
        };
        /** @description Places, and what is on none of them. */
        Located: {
            /** @description The busiest first, at most as many as asked for. */
            impressions_by_location: components["schemas"]["LocationImpressions"][];
            places: components["schemas"]["Places"];
        };
        /** @description A place on the map, or several put together. */
        LocationImpressions: {
            /** @description Null where it is not known, or the same for all. */
            city: string | null;
            /** @description Null where it is not known, or the same for all. */
            country: string | null;
            /** Format: int64 */
            impressions: number;
            /**
             * Format: double
             * @description The centre, each place weighing as much as it has impressions; null where no position is known.
             */
            lat: number | null;
            /**
             * Format: double
             * @description As `lat`.
             */
            lng: number | null;
        };
        /** @description The whole dashboard. */
        Overview: components["schemas"]["Located"] & {
            impressions: components["schemas"]["CountOverTime"];
            impressions_by_widget: components["schemas"]["WidgetImpressions"][];
            interactions: components["schemas"]["CountOverTime"];
            period: components["schemas"]["Period"];
            top_widgets: components["schemas"]["TopWidget"][];
        };
        /** @description The period that was answered, with what the client left out filled in. */
        Period: {
            /**
             * Format: date
             * @description The first local day.
             */
            from: string;
            /**
             * Format: date
             * @description The last local day, included.
             */
            to: string;
            /** @description In which zone they are local. */
            tz: string;
        };
        /** @description What the list of places is made of. */
        Places: {
            /** @description How places were put together: `place`, `city` or `grid`. */
            cluster: string;
            days: components["schemas"]["Days"];
            /**
             * Format: int64
             * @description Impressions of places that are not listed.
             */
            other: number;
            /**
             * Format: int64
             * @description Impressions of the days counted: the list's, `unknown` and `other`.
             */
            total: number;
            /**
             * Format: int64
             * @description Impressions of which no place is known; in a grid, no position.
             */
            unknown: number;
        };
        /** @description One interval. */
        Point: {
            /** @description Where it starts: a local date, or for hours the local time with its offset. */
            at: string;
            /** Format: int64 */
            count: number;
        };
        /** @description The period before. */
        PreviousVisitors: {
            days: components["schemas"]["Days"];
            sessions: components["schemas"]["Estimate"];
            visitors: components["schemas"]["Estimate"];
        };
        /** @description One project's. */
        ProjectFunnel: {
            funnel: components["schemas"]["FunnelStep"][];
            name: string;
            project_id: string;
        };
        ProjectReceipt: {
            /** Format: date-time */
            committed_at: string;
            /**
             * Format: int32
             * @description Events that a rule of the project dropped.
             */
            dropped: number;
            project_id: string;
            quarantined: components["schemas"]["Quarantined"][];
            /** Format: int32 */
            stored: number;
        };
        Quarantined: {
            /**
             * Format: int32
             * @description The event's place in its envelope, counted from 0.
             */
            event_index: number | null;
            reason: string;
        };
        /** @description A question. */
        QuestionAsked: {
            /** Format: int64 */
            count: number;
            /** @description As the visitor wrote it, cut where it is long; null where none was sent along. */
            question: string | null;
        };
        /** @description What visitors asked. */
        Questions: {
            days: components["schemas"]["Days"];
            /**
             * Format: int64
             * @description Questions that are not listed.
             */
            other: number;
            period: components["schemas"]["Period"];
            /** @description The most frequent first, at most as many as asked for. */
            questions: components["schemas"]["QuestionAsked"][];
            /**
             * Format: int64
             * @description Questions asked: the list's and `other`.
             */
            total: number;
        };
        /** @description An envelope's fate in each project of the scope that it reached. */
        Receipt: {
            /** Format: uuid */
            envelope_id: string;
            projects: components["schemas"]["ProjectReceipt"][];
        };
        /** @description A widget in the top list. */
        TopWidget: {
            /** Format: int64 */
            interactions: number;
            name: string;
            project_id: string;
        };
        /** @description The widgets with the most interactions. */
        TopWidgets: {
            period: components["schemas"]["Period"];
            /** @description Descending, ties by id; at most as many as asked for. */
            top_widgets: components["schemas"]["TopWidget"][];
        };
        /** @description How many visitors came, in how many sessions. */
        Visitors: {
            days: components["schemas"]["Days"];
            /** @description How finely the series is cut: `day`, `week` or `month`; an hour's visitors are not counted apart. */
            interval: string;
            period: components["schemas"]["Period"];
            previous: components["schemas"]["PreviousVisitors"] | null;
            /**
             * @description Every interval of the period, in order, of UTC days whatever `days` says. Its parts add up to more than the whole: who
             *     comes on two days is one visitor of both.
             */
            series: components["schemas"]["VisitorsPoint"][];
            /** @description Different sessions. */
            sessions: components["schemas"]["Estimate"];
            /** @description Different visitors. */
            visitors: components["schemas"]["Estimate"];
        };
        /** @description One interval. */
        VisitorsPoint: {
            /** @description The date it starts at. */
            at: string;
            /** Format: int64 */
            sessions: number;
            /** Format: int64 */
            visitors: number;
        };
        /** @description A widget in the donut. */
        WidgetImpressions: {
            /** Format: int64 */
            impressions: number;
            name: string;
            project_id: string;
        };
    };
    responses: {
        /** @description `internal` */
        internal: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `invalid_query` */
        invalid_query: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `invalid_query`, `too_broad`, `expired` */
        invalid_query_or_too_broad_or_expired: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `not_shared` */
        not_shared: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `rate_limited` */
        rate_limited: {
            headers: {
                /** @description Seconds to wait before the same is asked again. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `rate_limited`, `too_many_streams` */
        rate_limited_or_too_many_streams: {
            headers: {
                /** @description Seconds to wait before the same is asked again. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `unauthorized` */
        unauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `unavailable`, `too_slow` */
        unavailable_or_too_slow: {
            headers: {
                /** @description Seconds to wait before the same is asked again. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `unavailable`, `too_slow`, `too_many_streams` */
        unavailable_or_too_slow_or_too_many_streams: {
            headers: {
                /** @description Seconds to wait before the same is asked again. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `unknown_envelope` */
        unknown_envelope: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `unknown_project` */
        unknown_project: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
    };
    parameters: {
        /** @description Counts only events with one of these as browser. */
        browser: string[];
        /** @description Counts only events with one of these as city. */
        city: string[];
        /** @description How places are put together; `city` where absent. */
        cluster: "place" | "city" | "grid";
        /** @description Also tells the period before. */
        compare: "previous";
        /** @description Counts only events with one of these as country. */
        country: string[];
        /** @description Counts only events with one of these as device. */
        device: string[];
        /** @description What events are counted by. */
        dimension: "country" | "city" | "page" | "referrer" | "device" | "browser" | "interaction_type" | "label";
        /** @description Counts only events with one of these as interaction_type. */
        event_type: ("click_bubble" | "open_chat" | "ask_question" | "click_suggestion" | "submit_form" | "click_contact")[];
        /** @description `json` where absent. */
        format: "json" | "csv";
        /** @description The first local day; 30 days up to `to` where absent. */
        from: string;
        /** @description How finely a series is cut; `day` where absent. */
        interval: "hour" | "day" | "week" | "month";
        /** @description Counts only events with one of these as label. */
        label: string[];
        /** @description Counts only events with one of these as page. */
        page: string[];
        /** @description Only these projects; every one of the key where absent. */
        project_id: string[];
        /** @description Counts only events with one of these as referrer. */
        referrer: string[];
        /** @description The last local day, included; today where absent. */
        to: string;
        /** @description The IANA name of a time zone, as `Asia/Jerusalem`; UTC where absent. */
        tz: string;
        /** @description Of `cluster=grid`: the zoom of the map. */
        zoom: number;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    docs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description This document, for people. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    docs_style: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its style. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/css": string;
                };
            };
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description This document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    receipt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description As the collector answered it: a UUID of version 7. */
                envelope_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What became of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Receipt"];
                };
            };
            401: components["responses"]["unauthorized"];
            403: components["responses"]["not_shared"];
            404: components["responses"]["unknown_envelope"];
            422: components["responses"]["invalid_query"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable_or_too_slow"];
        };
    };
    breakdown: {
        parameters: {
            query: {
                /** @description The first local day; 30 days up to `to` where absent. */
                from?: components["parameters"]["from"];
                /** @description The last local day, included; today where absent. */
                to?: components["parameters"]["to"];
                /** @description The IANA name of a time zone, as `Asia/Jerusalem`; UTC where absent. */
                tz?: components["parameters"]["tz"];
                /** @description Only these projects; every one of the key where absent. */
                project_id?: components["parameters"]["project_id"];
                /** @description How finely a series is cut; `day` where absent. */
                interval?: components["parameters"]["interval"];
                /** @description Also tells the period before. */
                compare?: components["parameters"]["compare"];
                /** @description Most entries; 10 where absent. */
                limit?: number;
                /** @description What events are counted by. */
                dimension: components["parameters"]["dimension"];
                /** @description Counts only events with one of these as country. */
                country?: components["parameters"]["country"];
                /** @description Counts only events with one of these as city. */
                city?: components["parameters"]["city"];
                /** @description Counts only events with one of these as page. */
                page?: components["parameters"]["page"];
                /** @description Counts only events with one of these as referrer. */
                referrer?: components["parameters"]["referrer"];
                /** @description Counts only events with one of these as device. */
                device?: components["parameters"]["device"];
                /** @description Counts only events with one of these as browser. */
                browser?: components["parameters"]["browser"];
                /** @description Counts only events with one of these as interaction_type. */
                event_type?: components["parameters"]["event_type"];
                /** @description Counts only events with one of these as label. */
                label?: components["parameters"]["label"];
                /** @description `json` where absent. */
                format?: components["parameters"]["format"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report, and how fresh it is. */
            200: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BreakdownReport"] & {
                        fresh: components["schemas"]["Fresh"];
                    };
                    "text/csv": string;
                };
            };
            /** @description The report is as `If-None-Match` names it. */
            304: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["unknown_project"];
            422: components["responses"]["invalid_query_or_too_broad_or_expired"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable_or_too_slow"];
        };
    };
    contact_labels: {
        parameters: {
            query?: {
                /** @description The first local day; 30 days up to `to` where absent. */
                from?: components["parameters"]["from"];
                /** @description The last local day, included; today where absent. */
                to?: components["parameters"]["to"];
                /** @description The IANA name of a time zone, as `Asia/Jerusalem`; UTC where absent. */
                tz?: components["parameters"]["tz"];
                /** @description Only these projects; every one of the key where absent. */
                project_id?: components["parameters"]["project_id"];
                /** @description How finely a series is cut; `day` where absent. */
                interval?: components["parameters"]["interval"];
                /** @description Also tells the period before. */
                compare?: components["parameters"]["compare"];
                /** @description Most entries; 10 where absent. */
                limit?: number;
                /** @description `json` where absent. */
                format?: components["parameters"]["format"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report, and how fresh it is. */
            200: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContactLabels"] & {
                        fresh: components["schemas"]["Fresh"];
                    };
                    "text/csv": string;
                };
            };
            /** @description The report is as `If-None-Match` names it. */
            304: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["unknown_project"];
            422: components["responses"]["invalid_query"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable_or_too_slow"];
        };
    };
    dropped: {
        parameters: {
            query?: {
                /** @description The first local day; 30 days up to `to` where absent. */
                from?: components["parameters"]["from"];
                /** @description The last local day, included; today where absent. */
                to?: components["parameters"]["to"];
                /** @description The IANA name of a time zone, as `Asia/Jerusalem`; UTC where absent. */
                tz?: components["parameters"]["tz"];
                /** @description Only these projects; every one of the key where absent. */
                project_id?: components["parameters"]["project_id"];
                /** @description How finely a series is cut; `day` where absent. */
                interval?: components["parameters"]["interval"];
                /** @description Also tells the period before. */
                compare?: components["parameters"]["compare"];
                /** @description `json` where absent. */
                format?: components["parameters"]["format"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report, and how fresh it is. */
            200: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dropped"] & {
                        fresh: components["schemas"]["Fresh"];
                    };
                    "text/csv": string;
                };
            };
            /** @description The report is as `If-None-Match` names it. */
            304: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["unknown_project"];
            422: components["responses"]["invalid_query"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable_or_too_slow"];
        };
    };
    funnel: {
        parameters: {
            query?: {
                /** @description The first local day; 30 days up to `to` where absent. */
                from?: components["parameters"]["from"];
                /** @description The last local day, included; today where absent. */
                to?: components["parameters"]["to"];
                /** @description The IANA name of a time zone, as `Asia/Jerusalem`; UTC where absent. */
                tz?: components["parameters"]["tz"];
                /** @description Only these projects; every one of the key where absent. */
                project_id?: components["parameters"]["project_id"];
                /** @description How finely a series is cut; `day` where absent. */
                interval?: components["parameters"]["interval"];
                /** @description Also tells the period before. */
                compare?: components["parameters"]["compare"];
                /** @description Most entries; 10 where absent. */
                limit?: number;
                /** @description `json` where absent. */
                format?: components["parameters"]["format"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report, and how fresh it is. */
            200: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Funnel"] & {
                        fresh: components["schemas"]["Fresh"];
                    };
                    "text/csv": string;
                };
            };
            /** @description The report is as `If-None-Match` names it. */
            304: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["unknown_project"];
            422: components["responses"]["invalid_query"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable_or_too_slow"];
        };
    };
    impressions: {
        parameters: {
            query?: {
                /** @description The first local day; 30 days up to `to` where absent. */
                from?: components["parameters"]["from"];
                /** @description The last local day, included; today where absent. */
                to?: components["parameters"]["to"];
                /** @description The IANA name of a time zone, as `Asia/Jerusalem`; UTC where absent. */
                tz?: components["parameters"]["tz"];
                /** @description Only these projects; every one of the key where absent. */
                project_id?: components["parameters"]["project_id"];
                /** @description How finely a series is cut; `day` where absent. */
                interval?: components["parameters"]["interval"];
                /** @description Also tells the period before. */
                compare?: components["parameters"]["compare"];
                /** @description `json` where absent. */
                format?: components["parameters"]["format"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report, and how fresh it is. */
            200: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CountReport"] & {
                        fresh: components["schemas"]["Fresh"];
                    };
                    "text/csv": string;
                };
            };
            /** @description The report is as `If-None-Match` names it. */
            304: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["unknown_project"];
            422: components["responses"]["invalid_query"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable_or_too_slow"];
        };
    };
    impressions_by_location: {
        parameters: {
            query?: {
                /** @description The first local day; 30 days up to `to` where absent. */
                from?: components["parameters"]["from"];
                /** @description The last local day, included; today where absent. */
                to?: components["parameters"]["to"];
                /** @description The IANA name of a time zone, as `Asia/Jerusalem`; UTC where absent. */
                tz?: components["parameters"]["tz"];
                /** @description Only these projects; every one of the key where absent. */
                project_id?: components["parameters"]["project_id"];
                /** @description How finely a series is cut; `day` where absent. */
                interval?: components["parameters"]["interval"];
                /** @description Also tells the period before. */
                compare?: components["parameters"]["compare"];
                /** @description Most entries; 1000 where absent. */
                limit?: number;
                /** @description How places are put together; `city` where absent. */
                cluster?: components["parameters"]["cluster"];
                /** @description Of `cluster=grid`: the zoom of the map. */
                zoom?: components["parameters"]["zoom"];
                /** @description `json` where absent. */
                format?: components["parameters"]["format"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report, and how fresh it is. */
            200: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImpressionsByLocation"] & {
                        fresh: components["schemas"]["Fresh"];
                    };
                    "text/csv": string;
                };
            };
            /** @description The report is as `If-None-Match` names it. */
            304: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["unknown_project"];
            422: components["responses"]["invalid_query"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable_or_too_slow"];
        };
    };
    impressions_by_widget: {
        parameters: {
            query?: {
                /** @description The first local day; 30 days up to `to` where absent. */
                from?: components["parameters"]["from"];
                /** @description The last local day, included; today where absent. */
                to?: components["parameters"]["to"];
                /** @description The IANA name of a time zone, as `Asia/Jerusalem`; UTC where absent. */
                tz?: components["parameters"]["tz"];
                /** @description Only these projects; every one of the key where absent. */
                project_id?: components["parameters"]["project_id"];
                /** @description How finely a series is cut; `day` where absent. */
                interval?: components["parameters"]["interval"];
                /** @description Also tells the period before. */
                compare?: components["parameters"]["compare"];
                /** @description `json` where absent. */
                format?: components["parameters"]["format"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report, and how fresh it is. */
            200: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImpressionsByWidget"] & {
                        fresh: components["schemas"]["Fresh"];
                    };
                    "text/csv": string;
                };
            };
            /** @description The report is as `If-None-Match` names it. */
            304: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["unknown_project"];
            422: components["responses"]["invalid_query"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable_or_too_slow"];
        };
    };
    interactions: {
        parameters: {
            query?: {
                /** @description The first local day; 30 days up to `to` where absent. */
                from?: components["parameters"]["from"];
                /** @description The last local day, included; today where absent. */
                to?: components["parameters"]["to"];
                /** @description The IANA name of a time zone, as `Asia/Jerusalem`; UTC where absent. */
                tz?: components["parameters"]["tz"];
                /** @description Only these projects; every one of the key where absent. */
                project_id?: components["parameters"]["project_id"];
                /** @description How finely a series is cut; `day` where absent. */
                interval?: components["parameters"]["interval"];
                /** @description Also tells the period before. */
                compare?: components["parameters"]["compare"];
                /** @description `json` where absent. */
                format?: components["parameters"]["format"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report, and how fresh it is. */
            200: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CountReport"] & {
                        fresh: components["schemas"]["Fresh"];
                    };
                    "text/csv": string;
                };
            };
            /** @description The report is as `If-None-Match` names it. */
            304: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["unknown_project"];
            422: components["responses"]["invalid_query"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable_or_too_slow"];
        };
    };
    live: {
        parameters: {
            query?: {
                /** @description Only these projects; every one of the key where absent. */
                project_id?: components["parameters"]["project_id"];
            };
            header?: {
                /** @description The id of the event that was seen last; a browser sends it by itself. One that is none of ours is as none. */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events, until the client goes or ten minutes are over. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["unknown_project"];
            422: components["responses"]["invalid_query"];
            429: components["responses"]["rate_limited_or_too_many_streams"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable_or_too_slow_or_too_many_streams"];
        };
    };
    overview: {
        parameters: {
            query?: {
                /** @description The first local day; 30 days up to `to` where absent. */
                from?: components["parameters"]["from"];
                /** @description The last local day, included; today where absent. */
                to?: components["parameters"]["to"];
                /** @description The IANA name of a time zone, as `Asia/Jerusalem`; UTC where absent. */
                tz?: components["parameters"]["tz"];
                /** @description Only these projects; every one of the key where absent. */
                project_id?: components["parameters"]["project_id"];
                /** @description How finely a series is cut; `day` where absent. */
                interval?: components["parameters"]["interval"];
                /** @description Also tells the period before. */
                compare?: components["parameters"]["compare"];
                /** @description This report comes as JSON alone. */
                format?: "json";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report, and how fresh it is. */
            200: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"] & {
                        fresh: components["schemas"]["Fresh"];
                    };
                };
            };
            /** @description The report is as `If-None-Match` names it. */
            304: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["unknown_project"];
            422: components["responses"]["invalid_query"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable_or_too_slow"];
        };
    };
    questions: {
        parameters: {
            query?: {
                /** @description The first local day; 30 days up to `to` where absent. */
                from?: components["parameters"]["from"];
                /** @description The last local day, included; today where absent. */
                to?: components["parameters"]["to"];
                /** @description The IANA name of a time zone, as `Asia/Jerusalem`; UTC where absent. */
                tz?: components["parameters"]["tz"];
                /** @description Only these projects; every one of the key where absent. */
                project_id?: components["parameters"]["project_id"];
                /** @description How finely a series is cut; `day` where absent. */
                interval?: components["parameters"]["interval"];
                /** @description Also tells the period before. */
                compare?: components["parameters"]["compare"];
                /** @description Most entries; 10 where absent. */
                limit?: number;
                /** @description `json` where absent. */
                format?: components["parameters"]["format"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report, and how fresh it is. */
            200: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Questions"] & {
                        fresh: components["schemas"]["Fresh"];
                    };
                    "text/csv": string;
                };
            };
            /** @description The report is as `If-None-Match` names it. */
            304: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            403: components["responses"]["not_shared"];
            404: components["responses"]["unknown_project"];
            422: components["responses"]["invalid_query"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable_or_too_slow"];
        };
    };
    top_widgets: {
        parameters: {
            query?: {
                /** @description The first local day; 30 days up to `to` where absent. */
                from?: components["parameters"]["from"];
                /** @description The last local day, included; today where absent. */
                to?: components["parameters"]["to"];
                /** @description The IANA name of a time zone, as `Asia/Jerusalem`; UTC where absent. */
                tz?: components["parameters"]["tz"];
                /** @description Only these projects; every one of the key where absent. */
                project_id?: components["parameters"]["project_id"];
                /** @description How finely a series is cut; `day` where absent. */
                interval?: components["parameters"]["interval"];
                /** @description Also tells the period before. */
                compare?: components["parameters"]["compare"];
                /** @description Most entries; 3 where absent. */
                limit?: number;
                /** @description `json` where absent. */
                format?: components["parameters"]["format"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report, and how fresh it is. */
            200: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TopWidgets"] & {
                        fresh: components["schemas"]["Fresh"];
                    };
                    "text/csv": string;
                };
            };
            /** @description The report is as `If-None-Match` names it. */
            304: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["unknown_project"];
            422: components["responses"]["invalid_query"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable_or_too_slow"];
        };
    };
    visitors: {
        parameters: {
            query?: {
                /** @description The first local day; 30 days up to `to` where absent. */
                from?: components["parameters"]["from"];
                /** @description The last local day, included; today where absent. */
                to?: components["parameters"]["to"];
                /** @description The IANA name of a time zone, as `Asia/Jerusalem`; UTC where absent. */
                tz?: components["parameters"]["tz"];
                /** @description Only these projects; every one of the key where absent. */
                project_id?: components["parameters"]["project_id"];
                /** @description How finely a series is cut; `day` where absent. */
                interval?: components["parameters"]["interval"];
                /** @description Also tells the period before. */
                compare?: components["parameters"]["compare"];
                /** @description `json` where absent. */
                format?: components["parameters"]["format"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report, and how fresh it is. */
            200: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Visitors"] & {
                        fresh: components["schemas"]["Fresh"];
                    };
                    "text/csv": string;
                };
            };
            /** @description The report is as `If-None-Match` names it. */
            304: {
                headers: {
                    /** @description A tag of the report, whatever is fresh in it. */
                    ETag?: string;
                    /** @description `fresh.complete_until`, where it is known. */
                    "Footfall-Complete-Until"?: string;
                    /** @description `fresh.waiting_messages`, where it is known. */
                    "Footfall-Waiting-Messages"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["unauthorized"];
            404: components["responses"]["unknown_project"];
            422: components["responses"]["invalid_query"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable_or_too_slow"];
        };
    };
}
