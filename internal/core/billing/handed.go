package billing

import (
	"context"
	"encoding/json"

	"github.com/epgu-cli/epgu/internal/journal"
)

// This file is the road past the portal: the payer hands a file with the order
// to a bank. Only a bank statement says what became of it.

// Hand journals the payment of a quote whose order is about to be published in a
// file, or sent to a bank by DirectBank. From then on it is sending: if this process dies, it is unknown.
func (e *Engine) Hand(ctx context.Context, q *Quote) (journal.Payment, error) {
	if !q.Via.ByBank() {
		q.Via = journal.ViaBankFile
	}
	p, err := e.plan(ctx, q)
	if err != nil {
		return p, err
	}
	claimed, err := e.Journal.Claim(ctx, journal.Claim{IDs: []string{p.ID}})
	if err != nil {
		return p, err
	}
	if len(claimed) == 0 {
		return p, InFlight(p)
	}
	p = claimed[0]
	err = e.move(ctx, &p, journal.Sending, journal.Transition{})
	return p, err
}

// Handed notes that the file stands under its name, ready for the bank.
func (e *Engine) Handed(ctx context.Context, p *journal.Payment, file string) error {
	details, err := json.Marshal(struct {
		File string `json:"file"`
	}{journal.Cut(file, 1024)})
	if err != nil {
		return err
	}
	return e.move(ctx, p, journal.Accepted, journal.Transition{Evidence: journal.Evidence{Witness: journal.Engine, Details: details}})
}

// TakeBack withdraws a payment whose file was never published: nobody can have
// paid by it.
func (e *Engine) TakeBack(ctx context.Context, p *journal.Payment) error {
	if err := e.move(ctx, p, journal.Planned, journal.Transition{}); err != nil {
		return err
	}
	code := "file.not_written"
	if p.Via == journal.ViaDirectBank {
		code = "directbank.not_taken"
	}
	return e.move(ctx, p, journal.Refused, journal.Transition{Reason: journal.Reason{Code: code}})
}
