// Package exitcode is the one registry of the process exit codes of epgu.
// Scripts build on these numbers: a code may be added, none may change its
// meaning. Every other package may import it; it imports only i18n.
package exitcode

import "github.com/epgu-cli/epgu/internal/i18n"

// Code is a process exit code.
type Code int

// The exit codes of epgu.
const (
	OK          Code = 0   // done
	Failure     Code = 1   // unexpected failure
	Usage       Code = 2   // usage or invalid input; nothing was sent
	Auth        Code = 3   // sign-in needed or expired
	Refused     Code = 4   // refused by the portal, or not offered there
	NotFound    Code = 5   // no such thing
	Unavailable Code = 6   // portal or network unavailable; safe to repeat
	Unknown     Code = 7   // outcome unknown; reconcile before repeating
	Partial     Code = 8   // partly done
	Conflict    Code = 9   // locked, stale plan, already paid, already running
	Pending     Code = 10  // still pending; a watch ended by its deadline
	Interrupted Code = 130 // interrupted by the user (SIGINT or SIGTERM)
)

// Entry describes one code for people.
type Entry struct {
	Code    Code
	Name    string // stable word for JSON and documentation
	Meaning i18n.Text
}

// All lists every code in ascending order.
func All() []Entry {
	return []Entry{
		{OK, "ok", i18n.Text{EN: "done", RU: "выполнено"}},
		{Failure, "failure", i18n.Text{EN: "unexpected failure", RU: "непредвиденная ошибка"}},
		{Usage, "usage", i18n.Text{EN: "usage error or invalid input; nothing was sent", RU: "ошибка в команде или во входных данных; ничего не отправлено"}},
		{Auth, "auth", i18n.Text{EN: "sign-in needed or expired", RU: "нужно войти или сеанс истёк"}},
		{Refused, "refused", i18n.Text{EN: "refused by the portal, or not offered there", RU: "портал отказал или не умеет этого"}},
		{NotFound, "not-found", i18n.Text{EN: "not found", RU: "не найдено"}},
		{Unavailable, "unavailable", i18n.Text{EN: "portal or network unavailable; safe to repeat", RU: "портал или сеть недоступны; можно повторить"}},
		{Unknown, "unknown", i18n.Text{EN: "outcome unknown; reconcile before repeating", RU: "исход неизвестен; сначала сверка, потом повтор"}},
		{Partial, "partial", i18n.Text{EN: "partly done", RU: "выполнено частично"}},
		{Conflict, "conflict", i18n.Text{EN: "conflict: already done, locked, stale plan or already running", RU: "конфликт: уже сделано, занято, план устарел или уже выполняется"}},
		{Pending, "pending", i18n.Text{EN: "still pending: the watch ended before the outcome", RU: "ещё не завершено: ожидание кончилось раньше исхода"}},
		{Interrupted, "interrupted", i18n.Text{EN: "interrupted", RU: "прервано"}},
	}
}

// Name returns the stable word of c, or "failure" for a code outside the registry.
func (c Code) Name() string {
	for _, e := range All() {
		if e.Code == c {
			return e.Name
		}
	}
	return "failure"
}
