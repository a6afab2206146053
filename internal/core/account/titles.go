package account

import (
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// MethodTitle names the way in which somebody signed in.
func MethodTitle(method string) i18n.Text {
	switch method {
	case "PWD":
		return i18n.Text{RU: "пароль", EN: "password"}
	case "DS":
		return i18n.Text{RU: "электронная подпись", EN: "electronic signature"}
	case "KEY":
		return i18n.Text{RU: "ключ API", EN: "API key"}
	}
	return i18n.Text{RU: method, EN: method}
}

// OutcomeTitle names what a line of the history of sign-ins tells.
func OutcomeTitle(outcome string) i18n.Text {
	switch outcome {
	case "done":
		return i18n.Text{RU: "вход", EN: "signed in"}
	case "wrong_password":
		return i18n.Text{RU: "неверный пароль", EN: "wrong password"}
	case "wrong_code":
		return i18n.Text{RU: "неверный код", EN: "wrong code"}
	case "locked":
		return i18n.Text{RU: "запись закрыта", EN: "account locked"}
	case "push_denied":
		return i18n.Text{RU: "отклонён на устройстве", EN: "denied on a device"}
	case "device_bound":
		return i18n.Text{RU: "привязано устройство", EN: "device bound"}
	case "device_rebound":
		return i18n.Text{RU: "устройство привязано заново", EN: "device bound anew"}
	case "device_removed":
		return i18n.Text{RU: "устройство отвязано", EN: "device removed"}
	case "device_blocked":
		return i18n.Text{RU: "привязка устройств закрыта", EN: "binding devices blocked"}
	}
	return i18n.Text{RU: outcome, EN: outcome}
}

// AddressTitle says where a request came from; the training portal inside the
// program has no network.
func AddressTitle(a wire.Text) i18n.Message {
	if a == wire.InProcess {
		return i18n.Say("эта программа", "this program")
	}
	return i18n.Text{RU: "%s", EN: "%s"}.With(a)
}
