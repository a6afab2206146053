package bankroad

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// CodePayersChanged is the code of a plan whose orders went from other accounts
// before than the file of payers names now.
const CodePayersChanged = "bankroad.payers_changed"

// named is how many rows an error names.
const named = 200

// chosen begins the mark of an order whose row names no account: it went from the
// first one of the file of payers.
const chosen = "*"

// markOf tells by which entry of the file of payers a row is paid: the owner, the
// account and the bank, and whether the row names it. It says nothing of the words.
func markOf(p *bankfiles.Payer, row *planfile.Row) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{p.INN, p.Account, p.BIK, p.Corr}, " ")))
	mark := hex.EncodeToString(sum[:6])
	if row.Account == "" {
		return chosen + mark
	}
	return mark
}

// drawn is from which accounts the orders of a plan have gone so far: nobody has
// signed the file of payers, and it may be another one each time the plan is run.
type drawn struct {
	first   string            // the mark of those whose rows name none
	account string            // its number
	marks   map[string]string // of the others, by account
	rows    map[int]bool      // that have gone
	held    int               // rows that would go from elsewhere now
	fields  []fault.Field     // that name them, the first ones
}

// drawnSoFar looks at the orders of the plan that have gone, save those of ids.
func (r *Road) drawnSoFar(ctx context.Context, ids map[string]bool) (*drawn, error) {
	d := &drawn{marks: map[string]string{}, rows: map[int]bool{}}
	gone := []journal.State{journal.Sending, journal.Unknown, journal.Accepted, journal.Paid, journal.Refused}
	for p, err := range r.Journal.List(ctx, journal.Filter{Run: r.Plan.Head().ID, Via: journal.ViaBankFile, States: gone}) {
		if err != nil {
			return nil, err
		}
		if ids[p.ID] {
			continue
		}
		d.rows[p.Row] = true
		switch c := billing.CarriedOf(&p); {
		case strings.HasPrefix(c.Drawn, chosen):
			d.first, d.account = c.Drawn, c.PayerAccount
		case c.Drawn != "":
			d.marks[c.PayerAccount] = c.Drawn
		}
	}
	return d, nil
}

// hold notes a row that would now be paid from elsewhere.
func (d *drawn) hold(p *bankfiles.Payer, row *planfile.Row) {
	if !d.moved(p, row) {
		return
	}
	if d.held++; d.held <= named {
		d.fields = append(d.fields, d.field(p, row))
	}
}

// moved reports whether a row would now be paid from elsewhere than those before it.
func (d *drawn) moved(p *bankfiles.Payer, row *planfile.Row) bool {
	before := d.marks[p.Account]
	if row.Account == "" {
		before = d.first
	}
	return before != "" && before != markOf(p, row)
}

// sameAccounts refuses to draw the rest of a plan on other accounts than what went
// before. Nothing has been journalled.
func (r *Road) sameAccounts(ctx context.Context) error {
	if r.OtherAccounts {
		return nil
	}
	d, err := r.drawnSoFar(ctx, nil)
	if err != nil || d.first == "" && len(d.marks) == 0 {
		return err
	}
	for row, err := range r.Plan.ToPay(1) {
		if err != nil {
			return err
		}
		if d.rows[row.N] || r.Want != nil && !r.Want(row.N) {
			continue
		}
		p, err := r.payer(row)
		if err != nil {
			return err
		}
		d.hold(&p, row)
	}
	return d.err()
}

func (d *drawn) field(p *bankfiles.Payer, row *planfile.Row) fault.Field {
	why := i18n.Text{RU: "у счёта %s другой владелец или банк, чем был", EN: "account %s has another owner or bank than it had"}.With(untrusted.Text(p.Account))
	if row.Account == "" && d.account != p.Account {
		why = i18n.Text{RU: "было бы списано со счёта %s, а прежние — со счёта %s", EN: "would be drawn on account %s, those before on %s"}.With(untrusted.Text(p.Account), untrusted.Text(d.account))
	}
	return fault.Placed(i18n.Text{RU: "строка %d", EN: "row %d"}.With(row.N), why)
}

// err says which rows are held, if any.
func (d *drawn) err() error {
	if d.held == 0 {
		return nil
	}
	e := fault.New(exitcode.Conflict, CodePayersChanged, i18n.Text{
		RU: "счета плательщика не те, с которых этот план платили раньше; не отправлено строк: %d", EN: "the payer's accounts are not those that this plan was paid from before; rows not sent: %d"}.With(d.held)).
		Advise(i18n.Say("верните прежний файл счетов или, если остальное и правда платить с другого счёта, добавьте --other-accounts", "put the earlier file of accounts back, or add --other-accounts if the rest is to be paid from another account indeed"))
	e.Fields = d.fields
	return e
}

// alone holds the rows of a set, which are marked as sent by now and which nobody has
// seen, against what others have sent meanwhile from another file of payers.
func (s *set) alone(ctx context.Context) error {
	if s.road.OtherAccounts {
		return nil
	}
	mine := make(map[string]bool, len(s.payments))
	for i := range s.payments {
		mine[s.payments[i].id] = true
	}
	d, err := s.road.drawnSoFar(ctx, mine)
	if err != nil {
		return err
	}
	for i := range s.payments {
		d.hold(s.payments[i].payer, s.payments[i].row)
	}
	return d.err()
}
