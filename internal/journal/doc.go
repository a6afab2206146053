// Package journal is the durable record that keeps money from moving twice:
// the interface of the journal of payments and applications, and the pure
// rules that both of its stores obey. Its stores are journal/sqlite (one
// machine) and journal/postgres (several machines); journal/ledger is the
// part they share, journal/journaltest the contract they are held to.
// Packages core/* and app may import it; it imports only leaves.
//
// # The rule
//
// A payment is journalled, durably, before anything is sent, under an ID made
// here (UUIDv7) that goes out as the idempotency key. What it is *for* is its
// business key (see [Payment.Key]): the journal holds at most one payment per
// key that is not refused, for ever, across runs, files, roads and machines.
// Paying a key again needs an [Override], which stays in the chain.
//
// A payment moves only along the table in rules.go, and every move carries
// [Evidence]: who saw what. Time is not evidence. A payment that is sending or
// unknown is never moved by a deadline, a restart of the programme or a retry.
//
// # How it is used
//
//	results, err := j.Plan(ctx, payments)            // durable when it returns
//	batch, err := j.Claim(ctx, journal.Claim{Run: run, N: 64, Lease: time.Minute})
//	err = j.Move(ctx, []journal.Transition{{ID: id, From: journal.Claimed, To: journal.Sending,
//		Evidence: journal.Evidence{Witness: journal.Engine}}})  // durable: now it may be sent
//	err = j.Move(ctx, …Sending → Accepted, Evidence{Witness: journal.Engine, Details: reply})
//
// One payment by hand is the same: Plan one, Claim{IDs: …}, Move, send, Move.
// A Move takes several transitions and is atomic; they apply in order, so one
// payment may make two steps in one Move (planned → claimed → sending).
//
// # The bank's documents
//
// A payment that a statement settles is moved with the bank's [Document], which
// becomes Payment.SettledBy. One that was known to be paid before, from the portal
// or by a person, gets its document later by a move Paid → Paid on the word of
// [Statement]; the same document again changes nothing that matters, another one
// is refused with [DocumentError]. A payment whose money comes back goes to
// [Returned], with the document that brought it; its key is free then.
//
// # Certainty of a call
//
// A call that writes returns only when its outcome is certain: once the store
// has begun to write, a cancelled context no longer interrupts it. An error
// means that nothing of that call was written, save [CodeUncertain], which
// says that the store itself could not tell (the connection fell during the
// commit): read the records again before going on.
//
// # Owners
//
// Every open journal is an owner with an ID of its own. A claimed or sending
// payment belongs to the owner that claimed it, and only that owner may move it
// as [Engine] (a fence: a worker that was taken for dead cannot act on a
// payment that was given to another). While an owner lives its sending
// payments are its own; when it is dead [Journal.Recover] makes them unknown
// and returns its claimed ones to planned.
//
// A worker whose reply comes after it was taken for dead gets [StaleError] with
// Actual == Unknown; the reply is still evidence about that very payment, and
// it may be recorded from Unknown with [PortalByID].
//
// # Amounts, times
//
// Amounts are integer kopecks. Times are UTC, kept to the microsecond.
package journal
