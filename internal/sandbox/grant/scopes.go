package grant

import (
	"slices"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

// ScopeOrder and the other names are the scopes that the portal treats apart.
const (
	ScopeOpenID     = "openid"
	ScopeOrder      = "http://lk.gosuslugi.ru/api-order"
	ScopeOrgOGRN    = esia.ScopeOrgOGRN
	ScopePermission = "prm_chg"
)

// Scope is a scope with its meaning for the consent page.
type Scope struct {
	Name  string
	Title i18n.Text
}

// Scopes lists every scope that the portal knows, in the order in which the
// consent page shows them.
func Scopes() []Scope {
	return []Scope{
		{ScopeOpenID, i18n.Text{RU: "узнавать вас", EN: "recognise you"}},
		{"fullname", i18n.Text{RU: "фамилия, имя и отчество", EN: "your full name"}},
		{"birthdate", i18n.Text{RU: "дата рождения", EN: "your date of birth"}},
		{"birthplace", i18n.Text{RU: "место рождения", EN: "your place of birth"}},
		{"gender", i18n.Text{RU: "пол", EN: "your sex"}},
		{"citizenship", i18n.Text{RU: "гражданство", EN: "your citizenship"}},
		{"email", i18n.Text{RU: "адрес электронной почты", EN: "your e-mail address"}},
		{"mobile", i18n.Text{RU: "номер мобильного телефона", EN: "your mobile number"}},
		{"contacts", i18n.Text{RU: "контакты", EN: "your contacts"}},
		{"addresses", i18n.Text{RU: "адреса", EN: "your addresses"}},
		{"snils", i18n.Text{RU: "СНИЛС", EN: "your insurance number (СНИЛС)"}},
		{"inn", i18n.Text{RU: "ИНН", EN: "your taxpayer number (ИНН)"}},
		{"id_doc", i18n.Text{RU: "паспорт", EN: "your passport"}},
		{"foreign_passport_doc", i18n.Text{RU: "загранпаспорт", EN: "your travel passport"}},
		{"drivers_licence_doc", i18n.Text{RU: "водительское удостоверение", EN: "your driving licence"}},
		{"medical_doc", i18n.Text{RU: "полис ОМС", EN: "your medical policy"}},
		{"vehicles", i18n.Text{RU: "транспортные средства", EN: "your vehicles"}},
		{"kid_fullname", i18n.Text{RU: "имена детей", EN: "your children's names"}},
		{"kid_birthdate", i18n.Text{RU: "даты рождения детей", EN: "your children's dates of birth"}},
		{"kid_gender", i18n.Text{RU: "пол детей", EN: "your children's sex"}},
		{"kid_snils", i18n.Text{RU: "СНИЛС детей", EN: "your children's insurance numbers"}},
		{"usr_org", i18n.Text{RU: "организации, от имени которых вы действуете", EN: "the organisations you act for"}},
		{"org_shortname", i18n.Text{RU: "краткое название организации", EN: "the organisation's short name"}},
		{"org_fullname", i18n.Text{RU: "полное название организации", EN: "the organisation's full name"}},
		{"org_inn", i18n.Text{RU: "ИНН организации", EN: "the organisation's taxpayer number"}},
		{"org_ogrn", i18n.Text{RU: "ОГРН организации", EN: "the organisation's registration number"}},
		{"org_kpp", i18n.Text{RU: "КПП организации", EN: "the organisation's КПП"}},
		{ScopeOrgOGRN, i18n.Text{RU: "ОГРН организации", EN: "the organisation's registration number"}},
		{"http://esia.gosuslugi.ru/usr_inf", i18n.Text{RU: "сведения о вас", EN: "data about you"}},
		{ScopeOrder, i18n.Text{RU: "подавать заявления от вашего имени", EN: "submit applications in your name"}},
		{"http://lk.gosuslugi.ru/api-geps", i18n.Text{RU: "читать письма Госпочты", EN: "read your government mail"}},
		{ScopePermission, i18n.Text{RU: "обновлять данное вами согласие", EN: "renew a consent you gave"}},
	}
}

// KnownScope reports whether the portal knows the scope (without "?oid=…").
func KnownScope(name string) bool {
	_, ok := ScopeTitle(name)
	return ok
}

// ScopeTitle returns the meaning of a scope.
func ScopeTitle(name string) (i18n.Text, bool) {
	all := Scopes()
	i := slices.IndexFunc(all, func(s Scope) bool { return s.Name == name })
	if i < 0 {
		return i18n.Text{}, false
	}
	return all[i].Title, true
}
