package esia

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/external"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/lenient"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Refusal is an error that ЕСИА put into words. It is inside the *fault.Error
// that the methods return.
type Refusal struct {
	Code        string // "ESIA-007014"; empty when there was none
	Kind        string // "invalid_request"
	Description untrusted.Text
	cause       error
}

// Error describes the refusal for logs.
func (e *Refusal) Error() string { return untrusted.Clean(e.Kind) + ": " + e.Description.String() }

// Unwrap returns the transport's account of the call, if there was one.
func (e *Refusal) Unwrap() error { return e.cause }

// explain turns an error answer of the token endpoint or of the person data
// into its meaning.
func explain(err error) error {
	te := transport.AsError(err)
	if te == nil {
		return err
	}
	if te.Kind != transport.Status {
		return lost(te, err)
	}
	// The token endpoint answers with the first three, person data with a code
	// and a message.
	var body struct {
		wire.ErrorResponse
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	if lenient.Unmarshal(te.Body, &body) != nil {
		return lost(te, err)
	}
	if body.Description == "" && codeIn(body.Code) != "" {
		body.Description = codeIn(body.Code) + ": " + body.Message
	}
	if body.Error == "" && codeIn(body.Description) == "" {
		return lost(te, err)
	}
	return refused(body.ErrorResponse, te)
}

// proofOf says what a refusal of a request for a marker proves. It is the
// endpoint's own when it has the documented body and, where it names a state,
// that of the request.
func proofOf(e *transport.Error, state string) transport.Proof {
	var body wire.ErrorResponse
	switch {
	case json.Unmarshal(e.Body, &body) != nil, body.Error == "" && codeIn(body.Description) == "", body.State != "" && body.State != state:
		return transport.Unproven
	case body.Error == "temporarily_unavailable" && e.RetryAfter > 0:
		return transport.ProvesPutOff
	case e.Status >= http.StatusInternalServerError, body.Error == "server_error", body.Error == "temporarily_unavailable":
		return transport.OwnWords
	}
	return transport.ProvesRefused
}

// lost says what a sign-in request without an answer means: nothing was done
// in anybody's name, but the code or the refresh marker may be spent.
func lost(te *transport.Error, err error) error {
	if !te.MayHaveHappened() {
		return err
	}
	f := fault.New(exitcode.Unavailable, "esia.lost", i18n.Text{
		RU: "ответ %s на запрос маркера потерян", EN: "the answer of %s to the request for a marker was lost"}.With(te.Host)).
		Advise(i18n.Say("повторите команду; если сеанс окажется закрыт, войдите снова: epgu auth login", "repeat the command; if the session turns out to be closed, sign in again: epgu auth login"))
	f.RequestID = te.RequestID
	return f.Because(te)
}

// explainAPIKey adds what 404 means for an API key.
func explainAPIKey(err error) error {
	te := transport.AsError(err)
	if te == nil || te.Status != http.StatusNotFound {
		return explain(err)
	}
	f := fault.New(exitcode.Auth, "esia.api_key", i18n.Say("портал не знает такого ключа API", "the portal knows no such API key")).
		Advise(i18n.Say("проверьте ключ в кабинете партнёра (раздел «Мои системы») или выпустите новый", "check the key in the partner's cabinet, or issue a new one"))
	f.RequestID = te.RequestID
	return f.Because(te)
}

// refused turns an error of ЕСИА into a fault; te is nil for a callback.
func refused(body wire.ErrorResponse, te *transport.Error) error {
	cause := &Refusal{Code: codeIn(body.Description), Kind: body.Error, Description: untrusted.Text(short(body.Description))}
	known := meaningOf(cause.Code)
	if known.text.IsZero() {
		exit := exitcode.Refused
		if te != nil {
			exit = te.Exit()
		}
		known = meaning{exit, i18n.Text{RU: "ЕСИА отказала", EN: "ЕСИА refused"}, i18n.Text{}}
		if body.Error == "access_denied" {
			known.text = i18n.Text{RU: "вход отменён или согласие не дано", EN: "the sign-in was cancelled or the consent withheld"}
		}
	}
	code := "esia.refused"
	if cause.Code != "" {
		code = "esia." + strings.TrimPrefix(cause.Code, "ESIA-")
	}
	words := cause.Description
	if words == "" {
		words = untrusted.Text(short(body.Error))
	}
	f := fault.New(known.exit, code, i18n.Text{RU: "%s (ЕСИА: %s)", EN: "%s (ЕСИА: %s)"}.With(known.text, words))
	if !known.hint.IsZero() {
		f.Hint = known.hint.With()
	}
	if te != nil {
		cause.cause, f.RequestID = te, te.RequestID
	}
	return f.Because(cause)
}

// Explained says what a refusal of ЕСИА means that came by way of another API,
// in the published words ("ESIA-007015: …"). err is what the call returned; it
// comes back as it is when the words hold no published code.
func Explained(description string, err error) error {
	if meaningOf(codeIn(description)).text.IsZero() {
		return err
	}
	return refused(wire.ErrorResponse{Description: description}, transport.AsError(err))
}

// codeIn finds ESIA-dddddd in a description.
func codeIn(description string) string {
	const prefix, digits = "ESIA-", 6
	i := strings.Index(description, prefix)
	if i < 0 || len(description) < i+len(prefix)+digits {
		return ""
	}
	code := description[i : i+len(prefix)+digits]
	for _, r := range code[len(prefix):] {
		if r < '0' || r > '9' {
			return ""
		}
	}
	return code
}

func short(s string) string {
	const most = 500
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

func noSigner() error {
	return fault.New(exitcode.Refused, "esia.no_certificate", i18n.Say(
		"для входа в ЕСИА нужен сертификат информационной системы, а он не задан", "sign-in at ЕСИА needs the information system's certificate, and none is set")).
		Advise(i18n.Say("укажите файлы ключа и сертификата: epgu config set client_key ФАЙЛ, epgu config set client_cert ФАЙЛ", "name the files of the key and the certificate: epgu config set client_key FILE, epgu config set client_cert FILE"))
}

func signerFailed(err error) error {
	if errors.Is(err, external.ErrKind) {
		return fault.New(exitcode.Usage, "esia.signer_kind", i18n.Say(
			"этот запрос к ЕСИА подписывается голой подписью, а client_signer даёт CMS", "this request to ЕСИА takes a bare signature, and client_signer gives CMS")).
			Advise(i18n.Say("задайте программу exec-raw:…, войдите по ключу API или возьмите протокол v1 (epgu config set esia_protocol v1)", "set a program exec-raw:…, sign in by an API key, or take protocol v1 (epgu config set esia_protocol v1)")).Because(err)
	}
	return fault.New(exitcode.Failure, "esia.signing", i18n.Say("не удалось подписать запрос к ЕСИА", "the request to ЕСИА could not be signed")).
		Advise(i18n.Say("проверьте настройки client_key, client_signer и client_cert: epgu config list", "check the settings client_key, client_signer and client_cert: epgu config list")).Because(err)
}

func badCallback() error {
	return fault.New(exitcode.Usage, "esia.callback", i18n.Say(
		"это не похоже на адрес, куда портал вернул вас после входа, и не код", "this is neither the address that the portal led you back to after the sign-in, nor a code")).
		Advise(i18n.Say("скопируйте адрес из строки браузера целиком, вместе с code= и state=", "copy the whole address from the browser, with code= and state="))
}

func foreignCallback(redirect string) error {
	return fault.New(exitcode.Usage, "esia.callback_address", i18n.Text{
		RU: "это адрес другой страницы: после входа портал возвращает на %s", EN: "this is the address of another page: after the sign-in the portal leads back to %s"}.With(redirect)).
		Advise(i18n.Say("закончите вход в браузере и скопируйте адрес последней страницы", "finish the sign-in in the browser and copy the address of the last page"))
}

func strangeState() error {
	return fault.New(exitcode.Refused, "esia.state", i18n.Say(
		"ответ относится к другому запросу на вход (не совпал state); он не использован", "the answer belongs to another sign-in request (state differs); it was not used")).
		Advise(i18n.Say("начните вход заново: epgu auth login", "begin the sign-in anew: epgu auth login"))
}

func strangeAnswer(requestID string) error {
	f := fault.New(exitcode.Unavailable, "esia.no_marker", i18n.Say("ЕСИА ответила без маркера доступа", "ЕСИА answered without an access marker"))
	f.RequestID = requestID
	return f
}

func badMarker(err error) error {
	f := fault.New(exitcode.Refused, "esia.marker", i18n.Say(
		"маркер портала не прошёл проверку и не используется", "the portal's marker failed its check and is not used"))
	switch {
	case errors.Is(err, errExpired), errors.Is(err, errEarly):
		f.Hint = i18n.Say("проверьте дату и время на компьютере", "check the computer's date and time")
	case errors.Is(err, errIssuer), errors.Is(err, errAudience):
		f.Hint = i18n.Say("проверьте адрес ЕСИА и мнемонику системы (настройки esia и client_id)", "check ЕСИА's address and the system's mnemonic (settings esia and client_id)")
	default:
		f.Hint = i18n.Say("проверьте сертификат ЕСИА (настройка esia_cert): портал меняет его каждый год", "check ЕСИА's certificate (setting esia_cert): the portal changes it every year")
	}
	return f.Because(err)
}

func noCertificates(err error) error {
	f := fault.New(exitcode.Refused, "esia.no_portal_certificate", i18n.Say(
		"нет сертификата ЕСИА, чтобы проверить маркер", "there is no certificate of ЕСИА to check the marker with")).
		Advise(i18n.Say("укажите файл: epgu config set esia_cert ФАЙЛ", "name the file: epgu config set esia_cert FILE"))
	if err != nil {
		f.Err = err
	}
	return f
}

func tooMany(name string, n int) error {
	return fault.New(exitcode.Failure, "esia.too_many", i18n.Text{
		RU: "ЕСИА прислала слишком длинный список %s: %d", EN: "ЕСИА sent too long a list of %s: %d"}.With(name, n))
}

func strangeElement(name string, err error) error {
	return fault.New(exitcode.Unavailable, "esia.bad_element", i18n.Text{
		RU: "ЕСИА прислала список %s в неизвестном виде", EN: "ЕСИА sent the list of %s in an unknown shape"}.With(name)).Because(err)
}
