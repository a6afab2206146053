package esia

import (
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
)

const (
	pathLogin   = "/login"
	flowCookie  = "epgu_flow_"
	sessionName = "epgu_session"
)

// authorize serves v2/ac: it checks the client and sends the person to the
// sign-in page.
func (f face) authorize(w http.ResponseWriter, r *http.Request) error {
	request, refusal := grant.FromQuery(r.URL.Query())
	request.Old = r.URL.Path != esia.PathAuthorize
	if refusal != nil {
		return f.refusePage(w, r, refusal)
	}
	var flow signin.Flow
	secret := signin.Secret()
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		client, err := grant.LoadClient(r.Context(), tx, request.ClientID)
		if err != nil && !errors.Is(err, grant.ErrNoClient) {
			return err
		}
		approved, no := grant.Check(request, client, err == nil, f.Clock.Now())
		if no != nil {
			refusal = no
			return nil
		}
		flow, err = signin.Start(r.Context(), tx, approved, secret, r.UserAgent(), signin.Host(r), f.Clock.Now())
		return err
	})
	if err != nil {
		return err
	}
	if refusal != nil {
		if refusal.Page {
			return f.refusePage(w, r, refusal)
		}
		back(w, r, request, refusal)
		return nil
	}
	http.SetCookie(w, &http.Cookie{Name: flowCookie + flow.ID, Value: secret, Path: pathLogin, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil, MaxAge: int(signin.FlowTerm / time.Second)})
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, loginAddress(r, flow.ID), http.StatusFound)
	return nil
}

func loginAddress(r *http.Request, flow string) string {
	q := url.Values{"flow": {flow}}
	if l := r.URL.Query().Get("lang"); l != "" {
		q.Set("lang", l)
	}
	return pathLogin + "?" + q.Encode()
}

// back sends the person to the client with a refusal.
func back(w http.ResponseWriter, r *http.Request, request grant.Request, e *grant.Error) {
	wire := e.Wire(request.State)
	http.Redirect(w, r, withQuery(request.RedirectURI, url.Values{
		"error": {wire.Error}, "error_description": {wire.Description}, "state": {wire.State}}), http.StatusSeeOther)
}

func withQuery(address string, add url.Values) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // never: the address is a registered one
	}
	q := u.Query()
	for k, v := range add {
		q[k] = v
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// refusePage shows a refusal that must not leave the portal.
func (f face) refusePage(w http.ResponseWriter, r *http.Request, e *grant.Error) error {
	lang := pageLang(r)
	return f.show(w, http.StatusBadRequest, "message", "", page{Lang: string(lang),
		Title: i18n.Text{RU: "Вход невозможен", EN: "Sign-in is impossible"}.In(lang),
		Error: e.Error(),
		Text: i18n.Text{RU: "Система, из которой вы пришли, составила запрос неверно. Сообщите её владельцу код ошибки.",
			EN: "The system you came from made a wrong request. Tell its owner the error code."}.In(lang)})
}

// visit is one request of a browser on its way through the pages.
type visit struct {
	flow   signin.Flow
	secret string
	lang   i18n.Lang
	login  string // typed before
	kind   string // factor chosen by a button
}

// csrf is bound to the browser's secret, which no other page can read.
func (v visit) csrf() string {
	sum := sha256.Sum256([]byte("csrf " + v.secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (f face) find(r *http.Request, tx *sql.Tx) (visit, error) {
	v := visit{lang: pageLang(r)}
	id := r.URL.Query().Get("flow")
	if c, err := r.Cookie(flowCookie + id); err == nil {
		v.secret = c.Value
	}
	if v.secret == "" {
		v.secret = "none" // a flow of the terminal has no secret and is not for browsers
	}
	var err error
	v.flow, err = signin.Find(r.Context(), tx, id, v.secret, f.Clock.Now())
	return v, err
}

// loginPage shows the page of the stage that the sign-in has reached.
func (f face) loginPage(w http.ResponseWriter, r *http.Request) error {
	var v visit
	var p page
	var name string
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) (err error) {
		if v, err = f.find(r, tx); err != nil {
			return err
		}
		if v.pushed() {
			return nil
		}
		name, p, err = f.compose(r, tx, v, nil)
		return err
	})
	if err != nil {
		return f.lostPage(w, r, err)
	}
	if v.pushed() {
		return f.pushPage(w, r)
	}
	return f.show(w, http.StatusOK, name, origin(v.flow.Approved.Request.RedirectURI), p)
}

// lostPage tells that there is no such sign-in (any more).
func (f face) lostPage(w http.ResponseWriter, r *http.Request, err error) error {
	var e *problem.Error
	if !errors.As(err, &e) {
		return err
	}
	lang := pageLang(r)
	p := page{Lang: string(lang), Title: i18n.Text{RU: "Вход", EN: "Sign in"}.In(lang), Error: e.Title.In(lang)}
	if e.Hint != nil {
		p.Hint = e.Hint.In(lang)
	}
	return f.show(w, e.Status, "message", "", p)
}

// loginStep takes the form of a stage.
func (f face) loginStep(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return problem.BadRequest(i18n.Say("форма не читается", "the form cannot be read"))
	}
	var v visit
	var refusal *problem.Error
	var leave string // where the person goes from here
	var p page
	var name, sid string
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) (err error) {
		if v, err = f.find(r, tx); err != nil {
			return err
		}
		if subtle.ConstantTimeCompare([]byte(r.PostForm.Get("csrf")), []byte(v.csrf())) != 1 {
			return problem.New(http.StatusForbidden, "signin.foreign_form",
				i18n.Say("Форма открыта не на этом портале", "The form was not made by this portal")).
				WithHint(i18n.Say("начните вход заново", "begin the sign-in again"))
		}
		if leave, sid, refusal, err = f.step(r, tx, &v); err != nil || leave != "" {
			return err
		}
		if refusal != nil {
			name, p, err = f.compose(r, tx, v, refusal)
		}
		return err
	})
	if err != nil {
		return f.lostPage(w, r, err)
	}
	if sid != "" {
		http.SetCookie(w, &http.Cookie{Name: sessionName, Value: sid, Path: esia.PathLogout, HttpOnly: true,
			SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
	}
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case leave != "":
		http.SetCookie(w, &http.Cookie{Name: flowCookie + v.flow.ID, Path: pathLogin, HttpOnly: true, MaxAge: -1})
		http.Redirect(w, r, leave, http.StatusSeeOther)
		return nil
	case refusal != nil:
		return f.show(w, refusal.Status, name, origin(v.flow.Approved.Request.RedirectURI), p)
	}
	http.Redirect(w, r, loginAddress(r, v.flow.ID)+chosenKind(v), http.StatusSeeOther)
	return nil
}

func chosenKind(v visit) string {
	if v.kind == "" {
		return ""
	}
	return "&kind=" + url.QueryEscape(v.kind)
}

// step does what a button asks for. leave is the client's address when the
// person is done here; a refusal is shown on the same page.
func (f face) step(r *http.Request, tx *sql.Tx, v *visit) (leave, sid string, refusal *problem.Error, err error) {
	ctx, now, form := r.Context(), f.Clock.Now(), r.PostForm
	request := v.flow.Approved.Request
	decline := func(e *grant.Error) (string, string, *problem.Error, error) {
		return declined(*v, e), "", nil, signin.Drop(ctx, tx, &v.flow)
	}
	switch form.Get("step") {
	case "cancel", "refuse":
		return decline(grant.Refused())
	case "password":
		v.login = form.Get("login")
		refusal, err = signin.Password(ctx, tx, &v.flow, v.login, form.Get("password"), now)
	case "send":
		refusal, err = signin.SendCode(ctx, tx, &v.flow, form.Get("kind"), now)
		v.kind = form.Get("kind")
	case "way":
		v.kind = form.Get("kind")
	case "factor":
		v.kind = form.Get("kind")
		if refusal, err = signin.Factor(ctx, tx, &v.flow, v.kind, form.Get("code"), now); refusal != nil || err != nil {
			return "", "", refusal, err
		}
		v.kind = ""
		if v.flow.Stage == signin.StageFactor {
			return "", "", nil, nil // nobody has answered the push yet: the page goes on waiting
		}
		no, err := signin.CheckPerson(ctx, tx, &v.flow, now)
		if err != nil {
			return "", "", nil, err
		}
		if no != nil {
			return decline(no)
		}
		return "", "", nil, f.skipRole(r, tx, v, now)
	case "role":
		org, bad := strconv.ParseInt(form.Get("org"), 10, 64)
		if bad != nil || v.flow.Stage != signin.StageRole {
			return "", "", problem.Invalid(problem.Field{Name: "org", Code: "required",
				Message: i18n.Text{RU: "выберите, от чьего имени", EN: "choose in whose name"}}), nil
		}
		if refusal = v.flow.Choose(ctx, tx, org, now); refusal == nil {
			v.flow.Stage = signin.StageConsent
			err = v.flow.Save(ctx, tx)
		}
	case "consent":
		if v.flow.Stage != signin.StageConsent {
			return "", "", nil, nil // the page of the stage is shown again
		}
		code, id, err := signin.Done(ctx, tx, &v.flow, now)
		return withQuery(request.RedirectURI, url.Values{"code": {code}, "state": {request.State}}), id, nil, err
	default:
		refusal = problem.BadRequest(i18n.Say("неизвестный шаг", "an unknown step"))
	}
	return "", "", refusal, err
}

// skipRole goes on to the consent when there is nothing to choose.
func (f face) skipRole(r *http.Request, tx *sql.Tx, v *visit, now time.Time) error {
	orgs, err := people.OrgsOf(r.Context(), tx, v.flow.OID, now)
	if err != nil {
		return err
	}
	if len(orgs) > 0 && v.flow.Approved.ImpliedOrg() == 0 {
		return nil
	}
	v.flow.Stage = signin.StageConsent
	return v.flow.Save(r.Context(), tx)
}

// compose fills the page of the stage.
func (f face) compose(r *http.Request, tx *sql.Tx, v visit, refusal *problem.Error) (string, page, error) {
	ctx := r.Context()
	self := pathLogin + "?flow=" + url.QueryEscape(v.flow.ID)
	p := page{Lang: string(v.lang), Self: self, Action: self + "&lang=" + string(v.lang), CSRF: v.csrf(),
		Client: v.flow.Approved.Client.Name, Login: v.login}
	if refusal != nil {
		p.Error = refusal.Title.In(v.lang)
		if refusal.Detail != nil {
			p.Error += " (" + refusal.Detail.In(v.lang) + ")"
		}
		if refusal.Hint != nil {
			p.Hint = refusal.Hint.In(v.lang)
		}
		for _, field := range refusal.Fields {
			p.Error += ": " + field.Message.In(v.lang)
		}
	}
	switch v.flow.Stage {
	case signin.StageFactor:
		p.Title = p.T("Подтверждение входа", "Confirm the sign-in")
		if v.kind == "" {
			v.kind = r.URL.Query().Get("kind")
		}
		return "factor", p, f.composeFactor(r, tx, v, &p)
	case signin.StageRole:
		p.Title = p.T("Выбор роли", "Choose a role")
		orgs, err := people.OrgsOf(ctx, tx, v.flow.OID, f.Clock.Now())
		if err != nil {
			return "", p, err
		}
		p.Roles = []role{{Name: p.T("Частное лицо", "Myself"), Chosen: true}}
		for _, m := range orgs {
			o, err := people.OrgByOID(ctx, tx, m.OrgOID)
			if err != nil {
				return "", p, err
			}
			p.Roles = append(p.Roles, role{OID: o.OID, Name: o.ShortName, Note: m.Position})
		}
		return "role", p, nil
	case signin.StageConsent:
		p.Title = p.T("Разрешение на доступ", "Allow access")
		return "consent", p, f.composeConsent(r, tx, v, &p)
	case signin.StageDone:
		// Too many wrong codes ended it; the refusal says so.
		p.Title, p.Self = p.T("Вход закончен", "The sign-in is over"), ""
		return "message", p, nil
	}
	p.Title = p.T("Вход", "Sign in")
	return "password", p, nil
}

func (f face) composeFactor(r *http.Request, tx *sql.Tx, v visit, p *page) error {
	factors, err := signin.Factors(r.Context(), tx, &v.flow)
	if err != nil {
		return err
	}
	// A certificate signs in the terminal: a page without scripts cannot.
	factors = slices.DeleteFunc(factors, func(c cabinet.Factor) bool { return c.Kind == signin.FactorCertificate })
	p.Kind = v.flow.Sent()
	if p.Kind == "" || v.kind == "totp" || v.kind == "recovery" {
		p.Kind = factors[0].Kind
		if slices.ContainsFunc(factors, func(c cabinet.Factor) bool { return c.Kind == v.kind }) {
			p.Kind = v.kind
		}
	}
	for _, c := range factors {
		if c.Kind == p.Kind {
			p.Target = c.Target.String()
		}
		switch {
		case c.Kind == "totp" && p.Kind != "totp":
			p.Ways = append(p.Ways, way{c.Kind, p.T("Ввести код из приложения", "Use the code from the application")})
		case c.Kind == "recovery" && p.Kind != "recovery":
			p.Ways = append(p.Ways, way{c.Kind, p.T("Ввести запасной код", "Use a recovery code")})
		case c.Kind == "push":
			label := p.T("Подтвердить на привязанном устройстве", "Confirm on a bound device")
			if p.Kind == "push" {
				label = p.T("Послать запрос на устройство ещё раз", "Send the request to the device again")
			}
			p.Ways = append(p.Ways, way{c.Kind, label})
		case c.Kind == "sms":
			p.Ways = append(p.Ways, way{c.Kind, p.T("Прислать код в СМС на ", "Send a code by SMS to ") + c.Target.String()})
		case c.Kind == "email":
			p.Ways = append(p.Ways, way{c.Kind, p.T("Прислать код на почту ", "Send a code by e-mail to ") + c.Target.String()})
		}
	}
	return nil
}

func (f face) composeConsent(r *http.Request, tx *sql.Tx, v visit, p *page) error {
	approved := v.flow.Approved
	for _, name := range approved.Asked(v.flow.OrgOID != 0) {
		title, _ := grant.ScopeTitle(name)
		p.Scopes = append(p.Scopes, title.In(v.lang))
	}
	for _, k := range approved.Permissions {
		until := f.Clock.Now().Add(time.Duration(k.Expire) * time.Minute)
		p.Consents = append(p.Consents, consentText{k.ResponsibleObject, until.Format(time.DateOnly)})
	}
	person, err := people.ByOID(r.Context(), tx, v.flow.OID)
	if err != nil {
		return err
	}
	p.Role = person.FullName()
	if v.flow.OrgOID != 0 {
		o, err := people.OrgByOID(r.Context(), tx, v.flow.OrgOID)
		if err != nil {
			return err
		}
		p.Role += ", " + o.ShortName
	}
	if person.Level != cabinet.LevelConfirmed && len(approved.Permissions) > 0 {
		p.Hint = p.T("Запись не подтверждена: часть услуг будет недоступна.", "The account is not confirmed: some services will be out of reach.")
	}
	return nil
}

// callback shows the code to people who copy it to the command line: a client
// without a browser of its own names this page as its redirect address.
func (f face) callback(w http.ResponseWriter, r *http.Request) error {
	lang := pageLang(r)
	q := r.URL.Query()
	p := page{Lang: string(lang), Code: q.Get("code")}
	p.Title = p.T("Вход выполнен", "You are signed in")
	if p.Code == "" {
		p.Title, p.Error = p.T("Вход не выполнен", "You are not signed in"), q.Get("error_description")
	}
	return f.show(w, http.StatusOK, "message", "", p)
}
