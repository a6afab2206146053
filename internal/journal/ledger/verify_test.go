package ledger

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
)

// An event that begins a payment as sending says whose it is, and the record agrees.
func TestAPaymentThatBeganAsSendingIsItsOwners(t *testing.T) {
	id, err := NewID()
	if err != nil {
		t.Fatal(err)
	}
	begun := journal.Payment{ID: id, Profile: "demo", Via: journal.ViaPortal, Payer: "7707083893", UIN: "18810177170325189254",
		AmountKopecks: 50_000, State: journal.Sending, Owner: "a", Attempt: 1}
	begun.BusinessKey = begun.Key()
	for name, c := range map[string]struct {
		spoil func(said *journal.Payment, kept *Entry)
		fault journal.Fault
	}{
		"as it was":                  {func(*journal.Payment, *Entry) {}, ""},
		"nobody's":                   {func(said *journal.Payment, _ *Entry) { said.Owner = "" }, journal.Impossible},
		"planned":                    {func(said *journal.Payment, _ *Entry) { said.State = journal.Planned }, journal.Impossible},
		"paid":                       {func(said *journal.Payment, _ *Entry) { said.State = journal.Paid }, journal.Impossible},
		"the record is another's":    {func(_ *journal.Payment, kept *Entry) { kept.Owner = "b" }, journal.Unfounded},
		"the record is only planned": {func(_ *journal.Payment, kept *Entry) { kept.State = journal.Planned }, journal.Unfounded},
	} {
		t.Run(name, func(t *testing.T) {
			said, kept := begun, begunEntry(&begun, 1)
			c.spoil(&said, kept)
			body, err := json.Marshal(&said)
			if err != nil {
				t.Fatal(err)
			}
			err = (&verifier{}).record(kept, []journal.Event{{Seq: 1, At: time.UnixMicro(1), Subject: id, Kind: journal.PaymentBegun, Body: body}})
			var corrupt *journal.CorruptError
			switch {
			case c.fault == "" && err != nil:
				t.Error(err)
			case c.fault != "" && (!errors.As(err, &corrupt) || corrupt.Bad.Fault != c.fault):
				t.Errorf("%v, want %s", err, c.fault)
			}
		})
	}
}
