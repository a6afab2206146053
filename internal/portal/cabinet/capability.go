package cabinet

import (
	"slices"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Official returns what a portal of the state offers: sign-in by ЕСИА and
// applications by API ЕПГУ, and whatever else is named. Such a portal has no
// capabilities document and is never asked for one.
func Official(name string, more ...wire.Capability) *wire.Capabilities {
	return &wire.Capabilities{
		Portal:       wire.Text(name),
		Kind:         "portal",
		APIs:         map[string]string{"esia": "v2", "gusmev": "1.13"},
		Capabilities: append([]wire.Capability{wire.CapApplications}, more...),
	}
}

// Require returns nil when caps hold the capability, else a fault with exit
// code 4 that says who offers it and what works instead.
func Require(caps *wire.Capabilities, capability wire.Capability) error {
	portal := wire.Text("?")
	if caps != nil {
		if slices.Contains(caps.Capabilities, capability) {
			return nil
		}
		portal = caps.Portal
	}
	what, instead := describe(capability)
	message := i18n.Text{
		RU: "портал «%[1]s» не умеет этого: %[2]s; это умеет встроенный учебный портал (--profile sandbox)",
		EN: "portal %[1]q does not offer this: %[2]s; the embedded training portal does (--profile sandbox)",
	}.With(portal.String(), what)
	f := fault.New(exitcode.Refused, "capability.missing", message)
	if !instead.IsZero() {
		f.Hint = instead.With()
	}
	return f
}

// describe names a capability and what works without it.
func describe(c wire.Capability) (what, instead i18n.Text) {
	onSite := i18n.Text{RU: "это можно сделать на сайте портала", EN: "it can be done on the portal's site"}
	switch c {
	case wire.CapSignIn:
		return i18n.Text{RU: "вход паролем в терминале", EN: "sign-in by password in the terminal"},
			i18n.Text{RU: "войдите в браузере на странице портала или по ключу API организации", EN: "sign in in the browser on the portal's page, or by the organisation's API key"}
	case wire.CapCertificateSignIn:
		return i18n.Text{RU: "вход по сертификату в терминале", EN: "sign-in by a certificate in the terminal"},
			i18n.Text{RU: "войдите в браузере на странице портала: там сертификатом подписывает его собственная программа", EN: "sign in in the browser on the portal's page: its own program signs by the certificate there"}
	case wire.CapCatalog:
		return i18n.Text{RU: "каталог услуг с формами", EN: "the catalogue of services with forms"},
			i18n.Text{RU: "услугу и её форму смотрите на сайте портала", EN: "see the service and its form on the portal's site"}
	case wire.CapDrafts:
		return i18n.Text{RU: "черновики на портале", EN: "drafts kept by the portal"},
			i18n.Text{RU: "храните данные заявления в файле (epgu application create --from файл)", EN: "keep the data of the application in a file (epgu application create --from FILE)"}
	case wire.CapApplications:
		return i18n.Text{RU: "подача заявлений", EN: "submitting applications"}, onSite
	case wire.CapCorrections:
		return i18n.Text{RU: "исправление поданного заявления", EN: "mending a submitted application"},
			i18n.Text{RU: "подайте новое заявление или исправьте это на сайте портала", EN: "submit a new application, or mend this one on the portal's site"}
	case wire.CapCare:
		return i18n.Text{RU: "переписка с ведомством, дополнительные документы, изменение и оценка заявления", EN: "messages, further documents, changes and rating of an application"}, onSite
	case wire.CapCharges:
		return i18n.Text{RU: "список начислений", EN: "the list of charges"},
			i18n.Text{RU: "проверьте УИН (epgu check uin) и посмотрите начисление на сайте портала", EN: "check the number (epgu check uin) and see the charge on the portal's site"}
	case wire.CapPayments:
		return i18n.Text{RU: "оплата", EN: "paying"},
			i18n.Text{RU: "сделайте файл для банка (epgu pay order), QR-код для приложения банка (epgu pay qr) или оплатите на сайте портала", EN: "make a file for the bank (epgu pay order), a QR code for the bank's application (epgu pay qr), or pay on the portal's site"}
	case wire.CapAuthorisations:
		return i18n.Text{RU: "ограничение того, что может потратить план", EN: "bounds on what a plan may spend"},
			i18n.Text{RU: "план всё равно выполняется только одобренным", EN: "a plan is run only when approved all the same"}
	case wire.CapProfile:
		return i18n.Text{RU: "данные профиля", EN: "the profile"}, onSite
	case wire.CapProfileEdit:
		return i18n.Text{RU: "правка профиля, история изменений и конфиденциальность", EN: "editing the profile, its history and privacy"}, onSite
	case wire.CapRegistration:
		return i18n.Text{RU: "регистрация и восстановление доступа", EN: "registration and recovery"}, onSite
	case wire.CapAccount:
		return i18n.Text{RU: "сеансы, история входов, уровень записи, согласия и организации", EN: "sessions, history of sign-ins, account level, consents and organisations"}, onSite
	case wire.CapCertificates:
		return i18n.Text{RU: "выпуск и привязка сертификатов", EN: "issuing and binding certificates"},
			i18n.Text{RU: "сертификат выдаёт удостоверяющий центр; импортируйте его: epgu cert import", EN: "certificates come from an authority; import yours: epgu cert import"}
	case wire.CapDevices:
		return i18n.Text{RU: "привязка устройств и второй фактор", EN: "bound devices and the second factor"}, onSite
	case wire.CapPension:
		return i18n.Text{RU: "пенсионный счёт", EN: "the pension account"},
			i18n.Text{RU: "выписку со счёта даёт Социальный фонд: на сайте портала или в клиентской службе", EN: "the Social Fund gives a statement: on the portal's site or in its offices"}
	case wire.CapAppointments:
		return i18n.Text{RU: "запись на приём", EN: "appointments"},
			i18n.Text{RU: "записаться можно на сайте портала или по телефону учреждения", EN: "one can book on the portal's site or by the institution's telephone"}
	case wire.CapTraining:
		return i18n.Text{RU: "управление учебным порталом", EN: "the controls of a training portal"}, i18n.Text{}
	}
	return i18n.Text{RU: string(c), EN: string(c)}, onSite
}
