package vault

import (
	"errors"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/vault/tokencmd"
)

// maxToken bounds a token from outside in bytes; markers of the portal have 1–4 kB.
const maxToken = 64 << 10

// givenToken makes secrets of a token from the environment or a command. It
// must be visible ASCII on one line: anything else could forge a header.
func givenToken(from Kind, token string) (Secrets, error) {
	ok := token != "" && len(token) <= maxToken
	for i := 0; ok && i < len(token); i++ {
		ok = token[i] > 0x20 && token[i] < 0x7f
	}
	if !ok {
		return Secrets{}, fault.New(exitcode.Usage, CodeBadToken, i18n.Text{
			RU: "в %s не токен: нужны видимые латинские символы без пробелов, одной строкой",
			EN: "%s does not give a token: visible ASCII without blanks on one line is needed",
		}.With(variable(from)))
	}
	return Secrets{Access: token}, nil
}

func variable(k Kind) string {
	if k == Command {
		return EnvCommand
	}
	return EnvToken
}

func readOnly(k Kind) error {
	return fault.New(exitcode.Usage, CodeReadOnly, i18n.Text{
		RU: "токен задан через %s, хранилище не изменено",
		EN: "the token is given by %s; the vault was not changed",
	}.With(variable(k))).Advise(i18n.Text{
		RU: "уберите переменную %s, чтобы работать с хранилищем",
		EN: "unset %s to work with the vault",
	}.With(variable(k)))
}

func givenExpired(k Kind) error {
	return fault.New(exitcode.Auth, CodeExpired, i18n.Text{
		RU: "токен из %s больше не действует, а обновить его отсюда нельзя",
		EN: "the token from %s is no longer valid and cannot be refreshed from here",
	}.With(variable(k))).Advise(i18n.Text{
		RU: "задайте в %s свежий токен или уберите переменную и выполните: epgu auth login",
		EN: "put a fresh token into %s, or unset it and run: epgu auth login",
	}.With(variable(k)))
}

func commandFailed(err error) error {
	message := i18n.Say("команда из EPGU_TOKEN_COMMAND завершилась с ошибкой", "the command in EPGU_TOKEN_COMMAND failed")
	switch {
	case errors.Is(err, tokencmd.ErrTimeout):
		message = i18n.Say("команда из EPGU_TOKEN_COMMAND не завершилась вовремя и остановлена", "the command in EPGU_TOKEN_COMMAND did not end in time and was stopped")
	case errors.Is(err, tokencmd.ErrOutput):
		message = i18n.Say("команда из EPGU_TOKEN_COMMAND должна напечатать один токен одной строкой", "the command in EPGU_TOKEN_COMMAND must print one token on one line")
	}
	return fault.New(exitcode.Auth, CodeCommand, message).Because(err).
		Advise(i18n.Say("запустите эту команду отдельно и посмотрите, что она печатает", "run that command by itself and see what it prints"))
}
