// Package sandbox is the embedded training portal: a real server with SQLite
// state that runs inside the client's process behind an http.RoundTripper, or
// on a TCP port. This package only puts the rooms together; app and cli/sandbox
// import it, nothing else of the client does.
//
// How the rooms fit together:
//
//   - store is the one database. A room brings a store.Schema; reads and writes
//     go through DB.Read and DB.Write with a *sql.Tx. Domain functions take the
//     tx from the caller, so that one request is one transaction.
//   - calendar is the portal's time. Departments, banks and deadlines live by
//     it; a room registers a calendar.Worker for what falls due. Before each
//     request everything due is done. A request that waits (Prefer: wait=N) may
//     call Calendar.SkipToNext while SkipIdle is on.
//   - session knows the caller: wrap a handler with Deps.Sessions.Require and
//     read session.From(r.Context()).
//   - grant, signin and people are the rules of ЕСИА without its pages: clients,
//     codes, markers; passwords, second factors, locks; persons and powers. The
//     faces esia and account stand over them. pki holds the portal's own keys.
//   - faults fails on demand, training steers the portal; both are only for
//     this machine.
//   - problem writes answers: problem.Handler, problem.JSON, problem.Write.
//   - room holds Deps (what a room is given) and Room (what it brings). The
//     lists of rooms are in rooms_signin.go and rooms_services.go.
//   - An event (order moved, charge paid) is a row first (store.AddEvent) and
//     then a notice, never a call from one face into another.
//
// A face is mounted by
//
//	func Mount(mux *http.ServeMux, deps room.Deps) error
//
// with patterns of net/http ("GET /api/cabinet/v1/charges/{uin}").
package sandbox
