package cabinet

import (
	"bytes"
	"crypto/subtle"
	"database/sql"
	_ "embed"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/bank"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/template"
)

//go:embed paypage.html
var payPageFile string

// payPagePath is where a payment can be confirmed in a browser: whoever has the
// address may, so it travels only in answers to the payer.
func payPagePath(p *bank.Payment) string { return "/pay/" + p.ID + "?key=" + p.PageKey }

// payPageData is what the page shows.
type payPageData struct {
	Lang, Self, Key            string
	Title, Payee, Sum, Fee     string
	UIN, Method, Target, State string
	Error, Hint, Reason        string
}

// T chooses between the two languages of the page.
func (p payPageData) T(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(i18n.Lang(p.Lang)) }

func (p payPageData) data() map[string]any {
	return map[string]any{
		"lang": p.Lang, "self": p.Self, "key": p.Key, "title": p.Title, "payee": p.Payee, "sum": p.Sum, "fee": p.Fee, "uin": p.UIN,
		"method": p.Method, "target": p.Target, "state": p.State, "error": p.Error, "hint": p.Hint, "reason": p.Reason,
	}
}

// funcs are what the page calls: t chooses between two languages.
func (p payPageData) funcs() map[string]template.Func {
	return map[string]template.Func{"t": func(args ...any) (any, error) {
		ru, en := args[0].(string), args[1].(string)
		return p.T(ru, en), nil
	}}
}

// payPageTemplate is parsed when the first page is shown.
func payPageTemplate() func() (*template.Template, error) {
	return sync.OnceValues(func() (*template.Template, error) {
		t, err := template.Parse("pay", payPageFile, payPageData{}.funcs())
		if err != nil {
			return nil, err
		}
		return t.HTML(), nil
	})
}

// paid returns the payment of a page if the key opens it.
func (f *face) paidOn(r *http.Request, tx *sql.Tx, key string) (*bank.Payment, error) {
	p, err := bank.Get(r.Context(), tx, r.PathValue("id"))
	if errors.Is(err, bank.ErrNotFound) || err == nil && (p.PageKey == "" || subtle.ConstantTimeCompare([]byte(p.PageKey), []byte(key)) != 1) {
		return nil, problem.NotFound("payment.not_found")
	}
	return p, err
}

func payLang(r *http.Request) i18n.Lang {
	switch l := i18n.Lang(r.URL.Query().Get("lang")); l {
	case i18n.RU, i18n.EN:
		return l
	}
	return problem.Lang(r)
}

// payPage is GET /pay/{id}: the payment page of the portal.
func (f *face) payPage(w http.ResponseWriter, r *http.Request) error {
	var p *bank.Payment
	if err := f.deps.DB.Read(r.Context(), func(tx *sql.Tx) (err error) {
		p, err = f.paidOn(r, tx, r.URL.Query().Get("key"))
		return err
	}); err != nil {
		return err
	}
	return f.showPayPage(w, r, http.StatusOK, p, false)
}

// maxForm bounds the form of the page, bytes.
const maxForm = 8 << 10

// payPageSent is POST /pay/{id}: a code, or the wish for a new one.
func (f *face) payPageSent(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return problem.BadRequest(i18n.Say("форма не прочитана", "the form could not be read"))
	}
	code := strings.TrimSpace(r.PostForm.Get("code"))
	again := r.PostForm.Get("step") == "again"
	var p *bank.Payment
	wrong := false
	err := f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		if p, err = f.paidOn(r, tx, r.PostForm.Get("key")); err != nil {
			return err
		}
		if code == "" && !again {
			wrong = true
			return nil
		}
		if again {
			code = ""
		}
		wrong, err = f.bank.Confirm(r.Context(), tx, p, code, now)
		return err
	})
	if errors.Is(err, bank.ErrTooManyCodes) {
		return problem.New(http.StatusTooManyRequests, "payment.too_many_codes", i18n.Say("Больше кодов не высылаем", "No more codes are sent"))
	}
	if err != nil {
		return err
	}
	status := http.StatusOK
	if wrong {
		status = http.StatusUnprocessableEntity
	}
	return f.showPayPage(w, r, status, p, wrong)
}

func (f *face) showPayPage(w http.ResponseWriter, r *http.Request, status int, p *bank.Payment, wrong bool) error {
	l := payLang(r)
	d := payPageData{Lang: string(l), Self: payPagePath(p), Key: p.PageKey, Title: p.Title.In(l), Payee: p.Payee.Name, Sum: i18n.Rubles(l, p.Amount),
		UIN: p.UIN, Target: p.Target, State: p.State}
	if p.Fee > 0 {
		d.Fee = i18n.Rubles(l, p.Fee)
	}
	if m, ok := bank.MethodFor(bank.Owner{OID: p.OID, OrgOID: p.OrgOID}, p.Method); ok {
		d.Method = m.Title.In(l)
	}
	if wrong && p.State == bank.Confirming {
		d.Error, d.Hint = d.T("Код не подошёл", "The code does not fit"), d.T("Проверьте цифры или запросите новый код.", "Check the digits or ask for a new code.")
	}
	if p.Reason != nil {
		d.Reason = p.Reason.Text.In(l) + ". " + p.Reason.Advice.In(l) + "."
	}
	t, err := f.payTemplate()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, d.data(), d.funcs()); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(l))
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a reader that has gone is nobody's error
	return nil
}
