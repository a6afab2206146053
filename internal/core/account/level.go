package account

import (
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// NextLevel is the level above, empty at the top.
func NextLevel(l wire.Level) wire.Level {
	switch l {
	case wire.LevelSimplified:
		return wire.LevelStandard
	case wire.LevelStandard:
		return wire.LevelConfirmed
	}
	return ""
}

// Gives says what a level is good for.
func Gives(l wire.Level) i18n.Text {
	switch l {
	case wire.LevelSimplified:
		return i18n.Text{RU: "справочная информация и услуги без проверки личности", EN: "reference and services that need no proof of identity"}
	case wire.LevelStandard:
		return i18n.Text{RU: "услуги, которым хватает проверенных паспорта и СНИЛС", EN: "services that are content with a checked passport and СНИЛС"}
	case wire.LevelConfirmed:
		return i18n.Text{RU: "все услуги", EN: "every service"}
	}
	return i18n.Text{}
}

// HowTo says how to get from a level to the next one.
func HowTo(from wire.Level) i18n.Text {
	switch NextLevel(from) {
	case wire.LevelStandard:
		return i18n.Text{
			RU: "укажите паспорт и СНИЛС, их проверят в реестрах: epgu profile level raise --passport '0000 000000' --issued ДАТА --snils НОМЕР --gender M --birth-place МЕСТО",
			EN: "give the passport and the СНИЛС, the registers check them: epgu profile level raise --passport '0000 000000' --issued DATE --snils NUMBER --gender M --birth-place PLACE"}
	case wire.LevelConfirmed:
		return i18n.Text{
			RU: "подтвердите личность через банк или в центре обслуживания: epgu profile level raise --way bank (или centre)",
			EN: "prove your identity through a bank or at a service centre: epgu profile level raise --way bank (or centre)"}
	}
	return i18n.Text{RU: "это высший уровень", EN: "this is the highest level"}
}

// Reaches reports whether a level is enough for what needs another one.
func Reaches(have, need wire.Level) bool { return rank(have) >= rank(need) }

func rank(l wire.Level) int {
	switch l {
	case wire.LevelSimplified:
		return 1
	case wire.LevelStandard:
		return 2
	case wire.LevelConfirmed:
		return 3
	}
	return 0 // what needs a level that we do not know is left to the portal
}

// TooLow refuses a service that needs a higher level, and says how to get it.
func TooLow(service wire.Text, have, need wire.Level) *fault.Error {
	return fault.New(exitcode.Refused, "account.level", i18n.Text{
		RU: "услуге «%[1]s» нужна %[3]s учётная запись, у вас %[2]s", EN: "service %[1]q needs a %[3]s account, yours is %[2]s"}.With(service, Title(have), Title(need))).
		Advise(HowTo(have).With())
}

// Title names a level.
func Title(l wire.Level) i18n.Text {
	switch l {
	case wire.LevelSimplified:
		return i18n.Text{RU: "упрощённая", EN: "simplified"}
	case wire.LevelStandard:
		return i18n.Text{RU: "стандартная", EN: "standard"}
	case wire.LevelConfirmed:
		return i18n.Text{RU: "подтверждённая", EN: "confirmed"}
	}
	return i18n.Text{RU: string(l), EN: string(l)}
}
