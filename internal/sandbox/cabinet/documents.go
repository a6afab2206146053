package cabinet

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/charges"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/pki"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/receipts"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

// sign makes a signed document of a PDF.
func (f *face) sign(ctx context.Context, tx *sql.Tx, out *wire.SignedDocument) error {
	var err error
	if out.Signature, err = pki.SignDocument(ctx, tx, out.PDF, f.deps.Clock.Now()); err != nil {
		return fmt.Errorf("sign %s: %w", out.FileName, err)
	}
	out.RootPEM, err = pki.RootPEM(ctx, tx)
	return err
}

// payerLines name who a document is about.
func payerLines(ctx context.Context, tx *sql.Tx, who session.Caller, say func(ru, en string) string) ([]receipts.Line, error) {
	if who.OrgOID != 0 {
		o, err := people.OrgByOID(ctx, tx, who.OrgOID)
		return []receipts.Line{{Name: say("Организация", "Organisation"), Value: o.ShortName}, {Name: say("ИНН", "INN"), Value: o.INN}}, err
	}
	p, err := people.ByOID(ctx, tx, who.OID)
	return []receipts.Line{{Name: say("Кому выдана", "Issued to"), Value: p.FullName()}, {Name: say("СНИЛС", "SNILS"), Value: p.SNILS}, {Name: say("ИНН", "INN"), Value: p.INN}}, err
}

// maxListed is how many debts a certificate lists by one; the rest are summed up.
const maxListed = 60

// debtCertificate is GET /debt-certificate.
func (f *face) debtCertificate(w http.ResponseWriter, r *http.Request) error {
	who, l := caller(r), problem.Lang(r)
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(l) }
	var out wire.SignedDocument
	err := f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		lines, err := payerLines(r.Context(), tx, who, say)
		if err != nil {
			return err
		}
		var list []*charges.Charge
		for offset := 0; ; offset += maxLimit {
			some, total, err := charges.List(r.Context(), tx, who.OID, who.OrgOID, charges.Filter{State: charges.Due}, maxLimit, offset)
			if err != nil {
				return err
			}
			if list = append(list, some...); len(some) == 0 || len(list) >= total {
				break
			}
		}
		out = wire.SignedDocument{IssuedAt: now, Debts: len(list)}
		for i, c := range list {
			due := c.Due(now)
			out.TotalKopecks += due
			if i < maxListed {
				lines = append(lines, receipts.Line{Name: c.UIN, Value: c.Title.In(l) + ": " + i18n.Rubles(l, due)})
			}
		}
		title := say("Справка об отсутствии задолженности", "Certificate of no debts")
		if len(list) > 0 {
			title = say("Справка о задолженности", "Certificate of debts")
			if len(list) > maxListed {
				lines = append(lines, receipts.Line{Name: say("Ещё начислений", "More charges"), Value: decimal(int64(len(list) - maxListed))})
			}
			lines = append(lines, receipts.Line{Name: say("Всего к оплате", "Total due"), Value: i18n.Rubles(l, out.TotalKopecks)})
		}
		lines = append(lines, receipts.Line{Name: say("По состоянию на", "As of"), Value: now.In(clock.Moscow()).Format("02.01.2006 15:04 -0700")})
		out.Title, out.FileName = wire.Text(title), wire.Text("debts-"+now.In(clock.Moscow()).Format("20060102")+".pdf")
		if out.PDF, err = receipts.Print(receipts.Document{Title: title, Lines: lines, At: now, Lang: l, Notes: []string{signedNote(l)}}); err != nil {
			return err
		}
		return f.sign(r.Context(), tx, &out)
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

func signedNote(l i18n.Lang) string {
	return i18n.Text{RU: "Подписано электронной подписью учебного портала (ГОСТ Р 34.10-2012), подпись — в отдельном файле.",
		EN: "Signed by the training portal (GOST R 34.10-2012); the signature is in a file of its own."}.In(l)
}

// tellPayee is POST /payments/{id}/payee-notices.
func (f *face) tellPayee(w http.ResponseWriter, r *http.Request) error {
	var out wire.PayeeNotice
	err := f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		p, err := f.payment(r.Context(), tx, r)
		if err != nil {
			return err
		}
		if p.PaidAt.IsZero() {
			return problem.New(http.StatusConflict, "payment.not_paid", i18n.Say("Платёж ещё не прошёл: сообщать не о чем", "The payment has not gone through yet: there is nothing to tell"))
		}
		err = f.bank.Tell(r.Context(), tx, p, now)
		out = wire.PayeeNotice{PaymentID: p.ID, Payee: wire.Text(p.Payee.Name), SentAt: p.ToldAt.Truncate(time.Millisecond)}
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusCreated, out)
	return nil
}
