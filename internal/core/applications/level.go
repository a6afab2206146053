package applications

import (
	"slices"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
)

// LevelTitle is an account level for people.
func LevelTitle(l cabinet.Level) i18n.Text {
	switch l {
	case cabinet.LevelSimplified:
		return i18n.Text{RU: "упрощённая", EN: "simplified"}
	case cabinet.LevelStandard:
		return i18n.Text{RU: "стандартная", EN: "standard"}
	case cabinet.LevelConfirmed:
		return i18n.Text{RU: "подтверждённая", EN: "confirmed"}
	}
	return i18n.Text{RU: "неизвестная", EN: "unknown"}
}

// CheckLevel says, before anybody fills a form in vain, that a service asks for
// a higher account level, and how it is reached (A3).
func CheckLevel(have cabinet.Level, service cabinet.Service) error {
	order := []cabinet.Level{cabinet.LevelSimplified, cabinet.LevelStandard, cabinet.LevelConfirmed}
	if slices.Index(order, have) >= slices.Index(order, service.Level) {
		return nil
	}
	how := i18n.Text{RU: "укажите паспорт и СНИЛС: после проверки запись станет стандартной", EN: "give your passport and СНИЛС: after the check the account becomes standard"}
	if service.Level == cabinet.LevelConfirmed {
		how = i18n.Text{RU: "подтвердите личность: в центре обслуживания, через банк или электронной подписью", EN: "confirm who you are: at a service centre, through a bank or by an electronic signature"}
	}
	return fault.New(exitcode.Refused, "application.level", i18n.Text{
		RU: "услуге «%s» нужна %s учётная запись, а ваша — %s", EN: "service %q needs a %s account, yours is %s"}.
		With(service.Title, LevelTitle(service.Level), LevelTitle(have))).Advise(how.With())
}
