package cabinet

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/sandbox/charges"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
)

func detailsOf(d *charges.Details, l i18n.Lang) *wire.ChargeDetails {
	if d == nil {
		return nil
	}
	out := &wire.ChargeDetails{
		Ruling: d.Ruling, Place: text(d.Place, l), Article: text(d.Article, l), STS: d.STS, VIN: d.VIN, Plate: d.Plate, Licence: d.Licence, Photos: d.Photos,
	}
	if !d.At.IsZero() {
		out.At = &d.At
	}
	return out
}

func disputeOf(d *charges.Dispute, l i18n.Lang) wire.Dispute {
	return wire.Dispute{ID: d.ID, UIN: d.UIN, State: d.State, Reason: d.Reason, FiledAt: d.Filed, AnswerBy: d.AnswerBy, Answer: text(d.Answer, l)}
}

// searchCharges is GET /charge-search.
func (f *face) searchCharges(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, offset, err := pageOf(q)
	if err != nil {
		return err
	}
	by, err := oneOf(q, "by", "uin", charges.ByRuling, charges.BySTS, charges.ByVIN, charges.ByLicence, "inn", "snils")
	if err != nil {
		return err
	}
	value := charges.Number(q.Get("value"))
	if by == "" || value == "" || len(value) > 64 {
		return problem.BadRequest(i18n.Say("нужны by и value", "by and value are needed"))
	}
	who := caller(r)
	var items []wire.Charge
	total := 0
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		var found []*charges.Charge
		switch by {
		case "uin":
			c, err := charges.Get(r.Context(), tx, value)
			if err == nil {
				found, total = []*charges.Charge{c}, 1
			} else if !errors.Is(err, charges.ErrNotFound) {
				return err
			}
		case "inn", "snils":
			mine, err := f.identifies(r, tx, by, value)
			if err != nil {
				return err
			}
			if !mine {
				return problem.New(http.StatusForbidden, "charge.not_yours", i18n.Say("По ИНН и СНИЛС видны только свои начисления", "By ИНН and СНИЛС only one's own charges are shown")).
					WithHint(i18n.Say("Чужое начисление можно найти по УИН или номеру постановления", "Somebody else's charge is found by its УИН or the number of the ruling"))
			}
			found, total, err = charges.List(r.Context(), tx, who.OID, who.OrgOID, charges.Filter{}, limit, offset)
			if err != nil {
				return err
			}
		default:
			found, total, err = charges.Search(r.Context(), tx, by, value, limit, offset)
			if err != nil {
				return err
			}
		}
		for _, c := range found {
			items = append(items, chargeOf(c, who, now, problem.Lang(r)))
		}
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, page(items, total, offset))
	return nil
}

// identifies reports whether a number is that of the caller, in the role they
// act in.
func (f *face) identifies(r *http.Request, tx *sql.Tx, by, value string) (bool, error) {
	who := caller(r)
	if who.OrgOID != 0 {
		o, err := people.OrgByOID(r.Context(), tx, who.OrgOID)
		return by == "inn" && charges.Number(o.INN) == value, err
	}
	p, err := people.ByOID(r.Context(), tx, who.OID)
	if err != nil {
		return false, err
	}
	own := p.INN
	if by == "snils" {
		own = p.SNILS
	}
	return own != "" && charges.Number(own) == value, nil
}

// own returns a charge of the caller; strangers' are not found.
func (f *face) own(r *http.Request, tx *sql.Tx) (*charges.Charge, error) {
	c, err := charges.Get(r.Context(), tx, r.PathValue("uin"))
	who := caller(r)
	if errors.Is(err, charges.ErrNotFound) || err == nil && (c.OrgOID != who.OrgOID || who.OrgOID == 0 && c.OID != who.OID) {
		return nil, noCharge(r.PathValue("uin"))
	}
	return c, err
}

// chargePhoto is GET /charges/{uin}/photos/{number}.
func (f *face) chargePhoto(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return problem.BadRequest(i18n.Say("номер снимка — число", "the number of a photo is a number"))
	}
	var c *charges.Charge
	if err := f.deps.DB.Read(r.Context(), func(tx *sql.Tx) (err error) {
		c, err = f.own(r, tx)
		return err
	}); err != nil {
		return err
	}
	if c.Details == nil || n < 1 || n > c.Details.Photos {
		return problem.NotFound("charge.no_photo")
	}
	png, err := charges.Photo(c, n)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Content-Length", strconv.Itoa(len(png)))
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(png) // a reader that has gone is nobody's error
	return nil
}

// maxDisputeText bounds what a person says about a charge, characters.
const maxDisputeText = 2000

// disputeCharge is POST /charges/{uin}/disputes.
func (f *face) disputeCharge(w http.ResponseWriter, r *http.Request) error {
	var in wire.DisputeRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	id := r.Header.Get("Idempotency-Key")
	var bad []problem.Field
	if id == "" || len(id) > 128 {
		bad = append(bad, problem.Field{Name: "Idempotency-Key", Code: "required", Message: i18n.Say("нужен заголовок Idempotency-Key", "the header Idempotency-Key is needed")})
	}
	switch in.Reason {
	case "not-mine", "paid", "amount", "other":
	default:
		bad = append(bad, problem.Field{Name: "reason", Code: "choice", Message: i18n.Say("одно из: not-mine, paid, amount, other", "one of: not-mine, paid, amount, other")})
	}
	if n := utf8.RuneCountInString(in.Text); n == 0 || n > maxDisputeText {
		bad = append(bad, problem.Field{Name: "text", Code: "length", Message: i18n.Text{RU: "нужно от 1 до %d знаков", EN: "1 to %d characters are needed"}.With(maxDisputeText)})
	}
	if len(bad) > 0 {
		return problem.Invalid(bad...)
	}
	hash := sha256.Sum256([]byte(r.PathValue("uin") + "\x00" + in.Reason + "\x00" + in.Text))
	var d *charges.Dispute
	err := f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		c, err := f.own(r, tx)
		if err != nil {
			return err
		}
		if !c.Payable() {
			return problem.New(http.StatusConflict, "charge.settled", i18n.Say("Начисление уже закрыто: оспаривать нечего", "The charge is closed already: there is nothing to dispute"))
		}
		d, _, err = charges.File(r.Context(), tx, id, hash[:], c, in.Reason, in.Text, now)
		return err
	})
	var open *charges.DisputedError
	switch {
	case errors.As(err, &open):
		e := problem.New(http.StatusConflict, "charge.disputed", i18n.Say("Это начисление уже оспорено, ведомство отвечает", "This charge is disputed already, the department is at it"))
		e.Ref = open.ID
		return e
	case errors.Is(err, charges.ErrDisputeReused):
		return problem.New(http.StatusConflict, "dispute.key_reused", i18n.Say("Этот ключ уже использован для другого обращения", "This key stands for another dispute"))
	case err != nil:
		return err
	}
	problem.JSON(w, http.StatusCreated, disputeOf(d, problem.Lang(r)))
	return nil
}

// validSNILS reports whether a person has a number to keep a pension account by.
func validSNILS(s string) bool {
	_, err := requisites.ParseSNILS(s)
	return err == nil
}
