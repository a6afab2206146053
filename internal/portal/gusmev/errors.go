package gusmev

import (
	"errors"
	"net/http"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/lenient"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// APIError is a refusal that the portal put into words. It is inside the
// *fault.Error that the methods return.
type APIError struct {
	Code    string // an Err… constant of the wire package
	Message wire.Text
	Status  int
	cause   *transport.Error
}

// Error describes the refusal for logs.
func (e *APIError) Error() string { return e.Code + ": " + e.Message.String() }

// Unwrap returns the transport's account of the call.
func (e *APIError) Unwrap() error { return e.cause }

// refusal is what a code of SPEC-1.13, section 2.5 means for the user.
type refusal struct {
	exit exitcode.Code // 0: as the transport judged
	text i18n.Text
	hint i18n.Text
}

func refusalOf(code string) (refusal, bool) {
	switch code {
	case wire.ErrPersonPermissions:
		return refusal{exit: exitcode.Refused,
			text: i18n.Text{RU: "нет согласия на подачу заявлений от вашего имени", EN: "there is no consent to submit applications in your name"},
			hint: i18n.Text{RU: "войдите снова и дайте согласие (epgu auth login)", EN: "sign in again and give the consent (epgu auth login)"}}, true
	case wire.ErrPersonalData:
		return refusal{exit: exitcode.Refused,
			text: i18n.Text{RU: "портал не отдаёт персональные данные этой системе", EN: "the portal does not give personal data to this system"},
			hint: i18n.Text{RU: "нужны права системы на эти данные: их выдаёт оператор портала", EN: "the system needs rights to these data, granted by the portal's operator"}}, true
	case wire.ErrService:
		return refusal{exit: exitcode.Refused,
			text: i18n.Text{RU: "эта услуга не подключена для вашей системы", EN: "this service is not connected for your system"},
			hint: i18n.Text{RU: "подключите услугу в кабинете партнёра или подайте заявление на сайте портала", EN: "connect the service in the partner's cabinet, or submit on the portal's site"}}, true
	case wire.ErrSystem:
		return refusal{exit: exitcode.Refused,
			text: i18n.Text{RU: "портал не допускает эту систему", EN: "the portal does not admit this system"},
			hint: i18n.Text{RU: "проверьте мнемонику и сертификат; часть услуг требует соединения по ГОСТ TLS", EN: "check the mnemonic and the certificate; some services need GOST TLS"}}, true
	case wire.ErrUser:
		return refusal{exit: exitcode.Refused,
			text: i18n.Text{RU: "этой учётной записи услуга недоступна", EN: "the service is not available to this account"},
			hint: i18n.Text{RU: "обычно нужна подтверждённая учётная запись (epgu profile level; на портале государства — его сайт) или другой вид получателя: см. спецификацию услуги", EN: "usually a confirmed account is needed (epgu profile level; for a portal of the state, its site), or another kind of recipient: see the specification of the service"}}, true
	case wire.ErrUserLegal:
		return refusal{exit: exitcode.Refused,
			text: i18n.Text{RU: "услуга доступна только организациям и предпринимателям", EN: "the service is for organisations and entrepreneurs only"},
			hint: i18n.Text{RU: "выберите организацию (epgu org switch), а на портале государства войдите от её имени (epgu auth login --api-key-stdin)", EN: "choose an organisation (epgu org switch); at a portal of the state sign in for it (epgu auth login --api-key-stdin)"}}, true
	case wire.ErrBadDelegation:
		return refusal{exit: exitcode.Refused,
			text: i18n.Text{RU: "доверенность или полномочие не действует", EN: "the power of attorney is not in force"},
			hint: i18n.Text{RU: "полномочия и их срок: epgu org list; продлевает руководитель (epgu org delegate); от своего имени: epgu org switch --self; на портале государства — в кабинете организации, доверенность проверит epgu powers check", EN: "the powers and their term: epgu org list; the chief renews them (epgu org delegate); in your own name: epgu org switch --self; at a portal of the state, in the cabinet of the organisation, and epgu powers check looks at the power of attorney"}}, true
	case wire.ErrConfigDelegation:
		return refusal{exit: exitcode.Refused,
			text: i18n.Text{RU: "для услуги не настроены полномочия представителя", EN: "powers of a representative are not set up for the service"},
			hint: i18n.Text{RU: "подайте от имени руководителя или обратитесь к оператору портала", EN: "submit as the head, or ask the portal's operator"}}, true
	case wire.ErrBadRequest:
		return refusal{exit: exitcode.Refused,
			text: i18n.Text{RU: "портал не понял запрос", EN: "the portal did not understand the request"},
			hint: i18n.Text{RU: "проверьте коды услуги и региона; подробности покажет --debug", EN: "check the codes of the service and the region; --debug shows details"}}, true
	case wire.ErrCancelNotAllowed:
		return refusal{exit: exitcode.Refused,
			text: i18n.Text{RU: "на этом этапе заявление уже нельзя отменить", EN: "the application can no longer be cancelled at this stage"},
			hint: i18n.Text{RU: "посмотрите состояние: epgu application view", EN: "see its state: epgu application view"}}, true
	case wire.ErrInternal:
		return refusal{
			text: i18n.Text{RU: "на портале произошла внутренняя ошибка", EN: "the portal had an internal error"},
			hint: i18n.Text{RU: "повторите позже; если не проходит, соберите письмо операторам: epgu support incident НОМЕР", EN: "repeat later; if it does not pass, make the letter to the operators: epgu support incident NUMBER"}}, true
	case wire.ErrLimitation:
		return refusal{exit: exitcode.Unavailable,
			text: i18n.Text{RU: "превышен предел: 20 заявлений на одну услугу от одного пользователя за 10 минут", EN: "limit reached: 20 applications for one service by one user within 10 minutes"},
			hint: i18n.Text{RU: "подождите 10 минут и повторите; это заявление не принято", EN: "wait 10 minutes and repeat; this application was not accepted"}}, true
	case wire.ErrNotFound:
		return refusal{exit: exitcode.NotFound,
			text: i18n.Text{RU: "на портале этого нет", EN: "the portal has no such thing"},
			hint: i18n.Text{RU: "проверьте номер (epgu application list) и в чьей роли вы вошли (epgu auth status)", EN: "check the number (epgu application list) and the role you are in (epgu auth status)"}}, true
	case wire.ErrOrderAccess:
		return refusal{exit: exitcode.Refused,
			text: i18n.Text{RU: "это заявление подано не вами", EN: "this application is not yours"},
			hint: i18n.Text{RU: "проверьте номер и в чьей роли вы вошли (epgu auth status)", EN: "check the number and the role you are in (epgu auth status)"}}, true
	case wire.ErrPushDenied:
		return refusal{exit: exitcode.Refused,
			text: i18n.Text{RU: "нет полномочия подавать заявления на эту услугу", EN: "there is no power to submit applications for this service"},
			hint: i18n.Text{RU: "ваши полномочия: epgu org list; полномочие даёт руководитель организации (epgu org delegate; на портале государства — в кабинете организации или доверенностью: epgu powers check)", EN: "your powers: epgu org list; the head of the organisation grants one (epgu org delegate; at a portal of the state, in the cabinet of the organisation or by a power of attorney: epgu powers check)"}}, true
	case wire.ErrServiceNotFound:
		return refusal{exit: exitcode.NotFound,
			text: i18n.Text{RU: "услуги с таким кодом нет", EN: "there is no service with this code"},
			hint: i18n.Text{RU: "найдите код: epgu service list", EN: "find the code: epgu service list"}}, true
	}
	return refusal{}, false
}

// Explain turns a status answer with a known body into its meaning.
func Explain(err error) error {
	te := transport.AsError(err)
	if te == nil || te.Kind != transport.Status || te.Proof == transport.Unproven || len(te.Body) == 0 {
		return err
	}
	var body wire.Error
	if lenient.Unmarshal(te.Body, &body) != nil || body.Code == "" {
		return err
	}
	cause := &APIError{Code: body.Code, Message: body.Message, Status: te.Status, cause: te}
	known, ok := refusalOf(body.Code)
	if te.Status == http.StatusUnauthorized { // whatever the words, the marker has to be renewed
		return err
	}
	var f *fault.Error
	if !ok {
		if !errors.As(err, &f) || f.Exit == exitcode.Unknown { // "refused" would claim to know
			return err
		}
		f.Message = withWords(i18n.Text{RU: "портал отказал", EN: "the portal refused"}, body.Message)
		return f.Because(cause)
	}
	exit := known.exit
	if exit == 0 {
		exit = te.Exit()
	}
	f = fault.New(exit, "gusmev."+body.Code, withWords(known.text, body.Message))
	if !known.hint.IsZero() {
		f.Hint = known.hint.With()
	}
	if exit == exitcode.Unknown {
		f.Hint = i18n.Say("не повторяйте вслепую: сначала проверьте, принято ли заявление", "do not repeat it blindly: first see whether the application was accepted")
	}
	f.RequestID = te.RequestID
	return f.Because(cause)
}

// withWords adds the portal's own words to ours.
func withWords(ours i18n.Text, theirs wire.Text) i18n.Message {
	if theirs == "" {
		return ours.With()
	}
	return i18n.Text{RU: "%s (портал: %s)", EN: "%s (the portal: %s)"}.With(ours, theirs)
}

const codeOrderNotFound = "gusmev.order_not_found"

// NotFound reports whether err is the portal's own documented word that it has no such
// thing: the code not_found, or an answer that there is nothing. A 404 of anything on
// the way is not.
func NotFound(err error) bool {
	var said *APIError
	if errors.As(err, &said) {
		return said.Code == wire.ErrNotFound
	}
	f := fault.Of(err)
	return f != nil && f.Code == codeOrderNotFound
}

func orderNotFound(id int64, requestID string) error {
	f := fault.New(exitcode.NotFound, codeOrderNotFound, i18n.Text{
		RU: "заявления %d на портале нет", EN: "the portal has no application %d"}.With(id)).
		Advise(i18n.Say("проверьте номер: epgu application list", "check the number: epgu application list"))
	f.RequestID = requestID
	return f
}

func badOrder(id int64, requestID string, err error) error {
	f := fault.New(exitcode.Unavailable, "gusmev.bad_order", i18n.Text{
		RU: "портал прислал заявление %d в неизвестном виде", EN: "the portal sent application %d in an unknown shape"}.With(id))
	f.RequestID = requestID
	return f.Because(err)
}

// noOrderID is a good status without the number that must come with it, or with
// another: what the portal did is not known from it.
func (c *Client) noOrderID(call *transport.Call, resp *transport.Response) error {
	te := transport.AsError(c.t.Strange(call, resp, errors.New("no order number, or another")))
	f := fault.New(te.Exit(), "gusmev.no_order_id", i18n.Say(
		"портал ответил без номера заявления", "the portal answered without an order number"))
	f.RequestID = resp.RequestID
	return f.Because(te)
}
