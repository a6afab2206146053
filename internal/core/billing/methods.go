package billing

import "github.com/epgu-cli/epgu/internal/i18n"

// MethodTitle names the way of paying by its id at the portal; one that is not
// known stays as it is.
func MethodTitle(id string) i18n.Text {
	switch id {
	case "account":
		return i18n.Text{RU: "счёт", EN: "account"}
	case "card":
		return i18n.Text{RU: "карта", EN: "card"}
	case "wallet":
		return i18n.Text{RU: "кошелёк", EN: "wallet"}
	case "mobile":
		return i18n.Text{RU: "счёт телефона", EN: "phone account"}
	}
	return i18n.Text{RU: id, EN: id}
}
