//! The operations listener of every service: `/livez`, `/readyz`, `/metrics`. Never exposed to the public.

use std::net::TcpListener;
use std::sync::{Arc, PoisonError, RwLock};

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, web};
use prometheus::process_collector::ProcessCollector;
use prometheus::{Registry, TextEncoder};

/// Whether the service wants traffic, and if not, why.
///
/// Clones share one state. A broker or database that is away never makes a service unalive.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<RwLock<Result<(), String>>>);

impl Readiness {
    /// Not ready, for the reason given.
    pub fn not_yet(reason: &str) -> Self {
        Self(Arc::new(RwLock::new(Err(reason.to_owned()))))
    }

    /// From now on ready.
    pub fn set_ready(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Ok(());
    }

    /// From now on not ready, for the reason given.
    pub fn set_not_ready(&self, reason: &str) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Err(reason.to_owned());
    }

    fn get(&self) -> Result<(), String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Serves the three routes until the returned server is stopped; signals are left to the service.
///
/// Adds the process's own metrics (`process_…`: memory, CPU, descriptors) to `registry`.
///
/// # Errors
/// When the listener can't be used, or `registry` has those metrics already.
pub fn serve(listener: TcpListener, registry: Registry, readiness: Readiness) -> std::io::Result<Server> {
    registry.register(Box::new(ProcessCollector::for_self())).map_err(std::io::Error::other)?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(registry.clone()))
            .app_data(web::Data::new(readiness.clone()))
            .route("/livez", web::get().to(livez))
            .route("/readyz", web::get().to(readyz))
            .route("/metrics", web::get().to(metrics))
    });
    Ok(server.workers(1).disable_signals().shutdown_timeout(1).listen(listener)?.run())
}

async fn livez() -> HttpResponse {
    HttpResponse::Ok().body("ok\n")
}

async fn readyz(readiness: web::Data<Readiness>) -> HttpResponse {
    match readiness.get() {
        Ok(()) => HttpResponse::Ok().body("ok\n"),
        Err(reason) => HttpResponse::ServiceUnavailable().body(format!("{reason}\n")),
    }
}

async fn metrics(registry: web::Data<Registry>) -> HttpResponse {
    match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(text) => HttpResponse::Ok().content_type(prometheus::TEXT_FORMAT).body(text),
        Err(error) => HttpResponse::InternalServerError().body(format!("{error}\n")),
    }
}
