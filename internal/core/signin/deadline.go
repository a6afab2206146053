package signin

import (
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// directUntil is the end of the last day on which systems that are connected to ЕСИА
// by libraries of their own may stay so (the rules of 2025; as of 2026-11-29).
func directUntil() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, clock.Moscow()) }

// DirectAccess says until when a portal of the state lets a system sign people in by
// its own library, as this program does.
func DirectAccess(now time.Time) i18n.Message {
	if now.Before(directUntil()) {
		return i18n.Say("Прямое подключение к ЕСИА своей библиотекой разрешено только уже подключённым системам и до 31.12.2026. Организация действует за себя без него: ключ API с сертификатом организации (epgu auth login --api-key-stdin).",
			"A direct connection to ЕСИА by one's own library is allowed only to systems that are connected already, until 31.12.2026. An organisation acts for itself without it: an API key with the organisation's certificate (epgu auth login --api-key-stdin).")
	}
	return i18n.Say("Срок прямого подключения к ЕСИА своей библиотекой вышел 31.12.2026: вход людей может быть отклонён. Организация действует за себя по ключу API с сертификатом организации (epgu auth login --api-key-stdin).",
		"The term of direct connections to ЕСИА by one's own library ended on 31.12.2026: signing people in may be refused. An organisation acts for itself by an API key with the organisation's certificate (epgu auth login --api-key-stdin).")
}
