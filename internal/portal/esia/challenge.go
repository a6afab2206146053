package esia

import (
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// maxChallenge bounds what a certificate is asked to sign, bytes.
const maxChallenge = 1024

// CheckChallenge reports whether what the portal wants signed is a sign-in of
// this request and nothing else (docs/api/cabinet.openapi.yaml,
// createCertificateSignIn): a signature is as good as a hand-written one, so it
// is given to no other text.
func (c *Client) CheckChallenge(a *Authorization, challenge string) error {
	if len(challenge) > maxChallenge || strings.ContainsFunc(challenge, func(r rune) bool { return r != '\n' && (r < 0x20 || r > 0x7e) }) {
		return strangeChallenge()
	}
	lines := strings.Split(strings.TrimSuffix(challenge, "\n"), "\n")
	if len(lines) != 6 || lines[0] != "epgu sign-in 1" || lines[2] != "client "+a.ClientID || lines[3] != "state "+a.State ||
		!strings.HasPrefix(lines[4], "sign-in ") || !strings.HasPrefix(lines[5], "until ") ||
		!slices.Contains(c.opts.Markers.Issuers, strings.TrimPrefix(lines[1], "portal ")) {
		return strangeChallenge()
	}
	return nil
}

func strangeChallenge() error {
	return fault.New(exitcode.Refused, "esia.challenge", i18n.Say(
		"портал просит подписать не вход, а что-то другое; не подписано", "the portal asks to sign something else than a sign-in; it was not signed")).
		Advise(i18n.Say("сообщите владельцу портала; войти можно паролем: epgu auth login", "tell the portal's owner; a password works: epgu auth login"))
}
