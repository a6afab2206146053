package esia

import (
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
)

func TestACertificateSignsNothingButThisSignIn(t *testing.T) {
	w := newWorld(t, nil)
	a, err := w.client.Authorize(t.Context(), AuthorizeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	good := "epgu sign-in 1\nportal " + issuer + "\nclient " + mnemonic + "\nstate " + a.State + "\nsign-in 1\nuntil 2026-03-02T10:15:00Z\n"
	if err := w.client.CheckChallenge(a, good); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"nothing":           "",
		"a contract":        "I owe the bearer 1000 roubles\n",
		"another state":     strings.Replace(good, a.State, "a8a2e6f0-0000-4000-8000-000000000009", 1),
		"another client":    strings.Replace(good, mnemonic, "OTHER", 1),
		"another portal":    strings.Replace(good, issuer, "http://elsewhere.example.test/", 1),
		"a line more":       good + "and I owe 1000 roubles\n",
		"letters elsewhere": strings.Replace(good, "sign-in 1\nuntil", "sign-in я\nuntil", 1),
		"a control byte":    strings.Replace(good, "until", "until\r", 1),
		"endless":           strings.Replace(good, "until", "until "+strings.Repeat("9", 2000), 1),
	} {
		t.Run(name, func(t *testing.T) {
			wantFault(t, w.client.CheckChallenge(a, bad), exitcode.Refused, "esia.challenge")
		})
	}
}
