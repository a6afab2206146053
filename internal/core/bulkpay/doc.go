// Package bulkpay runs a payment plan exactly once: it journals every payment
// before it is sent, sends it under the ID that the journal holds, writes down
// what came back, and asks a witness about everything else. Commands and the TUI
// use it; it knows no terminal and no HTTP.
//
// # One loop
//
// An engine is one loop in one goroutine. Whatever takes time (the journal, the
// portal, waiting) is handed to a [Scheduler] and comes back as a function that
// the loop calls. So there are no locks, and a simulated scheduler decides by
// seed what happens when, and after which of these steps the process dies
// (package sim).
//
// # From a row to a payment
//
//	fill    rows of the plan → journal.Take          planned and claimed, one commit per group
//	mark    claimed → sending                        one commit per group, before the first request leaves
//	send    one request per payment, its ID the idempotency key
//	record  sending → accepted, paid, refused, unknown, or back to planned; few results wait for more
//	ask     unknown and accepted → the portal, by the payment's ID
//
// A payment is sent only between a durable "sending" of its own and the record
// of what came of it, and only by the process that owns that "sending". A process
// that dies leaves payments that are sending; journal.Recover makes them unknown,
// and only a witness moves them on. Time is no witness.
package bulkpay
