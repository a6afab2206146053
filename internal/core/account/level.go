package account

import (
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
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
