package transport

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Fault returns the failure as an error for people, with e as its cause.
func (e *Error) Fault() *fault.Error {
	f := e.describe()
	f.Exit, f.RequestID = e.Exit(), e.RequestID
	if e.MayHaveHappened() {
		f.Message, f.Hint = e.uncertain()
		if f.Exit == exitcode.Unknown {
			f.Code = "transport.outcome_unknown"
		}
	}
	return f.Because(e)
}

// uncertain says that a change may have been made, why nobody knows, and what helps.
func (e *Error) uncertain() (message, hint i18n.Message) {
	message = i18n.Text{
		RU: "запрос ушёл на %[1]s, но ответа нет или он непонятен: выполнен он или нет, неизвестно",
		EN: "the request left for %[1]s but no usable answer came back: whether it was carried out is unknown",
	}.With(e.Host)
	if e.Kind == Status && e.Proof == Unproven || e.Kind == BadAnswer {
		message = i18n.Text{
			RU: "запрос ушёл на %s, но ответ (%s) ничем не доказывает, что он от портала и об этом запросе: выполнен запрос или нет, неизвестно",
			EN: "the request left for %s, but nothing in the answer (%s) proves that it is the portal's and about this request: whether it was carried out is unknown",
		}.With(e.Host, e.shape())
	}
	if e.unrepeatableLater() {
		return message, i18n.Say("не повторяйте вслепую: сначала узнайте на портале, что получилось",
			"do not repeat it blindly: first ask the portal what happened")
	}
	return message, i18n.Say("повторите ту же команду: дважды портал этого не сделает", "repeat the same command: the portal does not do it twice")
}

// shape is the status and the kind of an answer, for people.
func (e *Error) shape() untrusted.Text {
	kind, _, _ := strings.Cut(e.ContentType, ";")
	if kind = strings.TrimSpace(kind); kind == "" {
		return untrusted.Text(strconv.Itoa(e.Status))
	}
	return untrusted.Text(strconv.Itoa(e.Status) + ", " + kind)
}

// page reports whether the answer is a web page, which no API of the portal sends.
func (e *Error) page() bool {
	return strings.Contains(strings.ToLower(e.ContentType), "html")
}

// inBetween is an answer of something that is not the portal.
func (e *Error) inBetween() *fault.Error {
	message := i18n.Text{
		RU: "вместо %s ответило что-то другое (%s): фильтр, прокси или страница входа в сеть",
		EN: "something other than %s answered (%s): a filter, a proxy or the network's sign-in page"}.With(e.Host, e.shape())
	return fault.New(0, "transport.foreign_answer", message).
		Advise(i18n.Say("откройте любую страницу в браузере и войдите в сеть, если она об этом просит; проверьте VPN, прокси и адрес портала (epgu doctor) и повторите",
			"open any page in a browser and sign in to the network if it asks; check the VPN, the proxy and the portal's address (epgu doctor), then repeat"))
}

// redirected is an answer that sends elsewhere.
func (e *Error) redirected() *fault.Error {
	message := i18n.Text{RU: "%s перенаправляет на другой адрес; переход не выполнен", EN: "%s redirects to another address; it was not followed"}.With(e.Host)
	if to, err := url.Parse(e.Header.Get("Location")); err == nil && to.Host != "" {
		message = i18n.Text{RU: "%s перенаправляет на %s; переход не выполнен: маркер и данные ушли бы туда",
			EN: "%s redirects to %s; it was not followed: the marker and the data would go there"}.With(e.Host, untrusted.Text(to.Scheme+"://"+to.Host))
	}
	return fault.New(0, "transport.redirect", message).
		Advise(i18n.Say("если портал переехал, укажите новый адрес в профиле (epgu config list); если это страница входа в сеть, войдите в неё в браузере и повторите",
			"if the portal has moved, set its new address in the profile (epgu config list); if it is the network's sign-in page, sign in to it in a browser, then repeat"))
}

func (e *Error) describe() *fault.Error {
	host := e.Host
	switch e.Kind {
	case NeverSent:
		if errors.Is(e.Err, errTunnel) {
			return fault.New(0, "transport.tunnel", i18n.Text{
				RU: "туннель к %s на этой машине не отвечает; ничего не отправлено",
				EN: "the tunnel to %s on this machine does not answer; nothing was sent"}.With(host)).
				Advise(i18n.Say("запустите его (epgu tunnel) или уберите из профиля (epgu tunnel --remove)", "start it (epgu tunnel), or take it out of the profile (epgu tunnel --remove)"))
		}
		if e.noCipher {
			return fault.New(0, "transport.no_cipher", i18n.Text{
				RU: "%s прервал рукопожатие TLS: нет общего криптонабора; так отвечает сервер, который говорит только по ГОСТ TLS; ничего не отправлено",
				EN: "%s ended the TLS handshake: no cipher suite in common; a server that speaks only GOST TLS does so; nothing was sent"}.With(host)).
				Advise(i18n.Say("соединитесь через туннель с ГОСТ TLS: epgu tunnel", "connect through a tunnel with GOST TLS: epgu tunnel"))
		}
		if e.certificate {
			return fault.New(0, "transport.certificate", i18n.Text{
				RU: "сертификату сервера %s нельзя доверять; ничего не отправлено",
				EN: "the certificate of %s cannot be trusted; nothing was sent"}.With(host)).
				Advise(i18n.Say("проверьте дату на компьютере и доверенные корневые сертификаты (для государственных порталов — сертификаты НУЦ)",
					"check the computer's date and its trusted roots (state portals may need the national root certificates)"))
		}
		return fault.New(0, "transport.unreachable", i18n.Text{
			RU: "нет связи с %s; ничего не отправлено",
			EN: "cannot reach %s; nothing was sent"}.With(host)).
			Advise(i18n.Say("проверьте сеть и адрес портала и повторите", "check the network and the portal's address, then repeat"))
	case Lost:
		if errors.Is(e.Err, errTunnel) && !errors.Is(e.Err, context.DeadlineExceeded) {
			return fault.New(0, "transport.tunnel_lost", i18n.Text{
				RU: "туннель к %s оборвал соединение: сервер недоступен, не принял рукопожатие или его сертификат не прошёл проверку",
				EN: "the tunnel to %s dropped the connection: the server is away, refused the handshake, or its certificate failed the check"}.With(host)).
				Advise(i18n.Say("проверьте его: epgu tunnel --check; причину пишет сам туннель", "check it: epgu tunnel --check; the tunnel itself tells the cause"))
		}
		if errors.Is(e.Err, errStalled) || errors.Is(e.Err, context.DeadlineExceeded) {
			return fault.New(0, "transport.timeout", i18n.Text{
				RU: "%s не ответил вовремя", EN: "%s did not answer in time"}.With(host)).Advise(repeatLater())
		}
		return fault.New(0, "transport.lost", i18n.Text{
			RU: "связь с %s оборвалась до конца ответа", EN: "the connection to %s broke before the answer was complete"}.With(host)).Advise(repeatLater())
	case BadAnswer:
		if e.page() {
			return e.inBetween()
		}
		return fault.New(0, "transport.bad_answer", i18n.Text{
			RU: "%s ответил не так, как описано в его API", EN: "%s answered in a way its API does not describe"}.With(host)).
			Advise(i18n.Say("проверьте адрес портала и нет ли по пути страницы входа в сеть; подробности покажет --debug",
				"check the portal's address and whether a network sign-in page stands in between; --debug shows details"))
	case TooLarge:
		return fault.New(0, "transport.too_large", i18n.Text{
			RU: "ответ %s больше допустимого размера", EN: "the answer of %s is larger than the limit"}.With(host))
	case Foreign:
		return fault.New(0, "transport.foreign_address", i18n.Say(
			"адрес не принадлежит порталам профиля; ничего не отправлено",
			"the address does not belong to the profile's portals; nothing was sent"))
	case Redirected:
		return e.redirected()
	}
	return e.describeStatus()
}

func (e *Error) describeStatus() *fault.Error {
	host := e.Host
	if e.Status < 400 {
		return e.redirected()
	}
	if e.Proof == Unproven {
		return e.inBetween()
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return fault.New(0, "auth.expired", i18n.Say("сеанс закончился или вход не выполнен", "the session has ended or nobody is signed in")).
			AdviseRun("epgu auth login")
	case http.StatusForbidden:
		return fault.New(0, "portal.forbidden", i18n.Text{RU: "%s отказал в доступе", EN: "%s refused access"}.With(host))
	case http.StatusNotFound, http.StatusGone:
		return fault.New(0, "portal.not_found", i18n.Text{RU: "на %s этого нет", EN: "%s has no such thing"}.With(host))
	case http.StatusConflict, http.StatusLocked:
		return fault.New(0, "portal.conflict", i18n.Say("портал отклонил действие: оно уже выполнено или идёт", "the portal rejected the action: it is already done or under way"))
	case http.StatusPreconditionFailed:
		return fault.New(0, "portal.changed", i18n.Say("тем временем данные изменил кто-то другой", "somebody else has changed the data meanwhile")).
			Advise(i18n.Say("прочитайте их заново и повторите", "read them again and repeat"))
	case http.StatusTooManyRequests:
		f := fault.New(0, "portal.too_many_requests", i18n.Text{RU: "%s принимает запросы реже", EN: "%s accepts requests less often"}.With(host))
		return f.Advise(retryHint(e.RetryAfter))
	}
	if e.Status >= 500 {
		return fault.New(0, "portal.unavailable", i18n.Text{RU: "%s сейчас не работает (%d)", EN: "%s is not working now (%d)"}.With(host, e.Status)).
			Advise(retryHint(e.RetryAfter))
	}
	return fault.New(0, "portal.rejected", i18n.Text{RU: "%s не принял запрос (%d)", EN: "%s did not accept the request (%d)"}.With(host, e.Status))
}

func repeatLater() i18n.Message { return i18n.Say("повторите позже", "repeat later") }

func retryHint(after time.Duration) i18n.Message {
	if after <= 0 {
		return repeatLater()
	}
	return i18n.Text{RU: "повторите через %s", EN: "repeat in %s"}.With(seconds(after))
}

func seconds(d time.Duration) i18n.Counted {
	return i18n.Plural{One: "секунду", Few: "секунды", Many: "секунд", Sing: "second", Plur: "seconds"}.
		Count(int((d + time.Second - 1) / time.Second))
}

func notSignedIn() error {
	return fault.New(exitcode.Auth, "auth.required", i18n.Say("нужно войти", "sign-in is needed")).AdviseRun("epgu auth login")
}
