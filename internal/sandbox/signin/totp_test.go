package signin

import (
	"strings"
	"testing"
	"time"
)

func TestCodesAreThoseOfRFC6238(t *testing.T) {
	// Appendix B; the secret is "12345678901234567890", the codes are cut to six digits.
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"} {
		if got := TOTP(secret, time.Unix(at, 0)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	if got := TOTP("not base32!", time.Unix(59, 0)); got != "" {
		t.Errorf("a bad secret made %q", got)
	}
}

func TestACodeIsGoodOneStepBeforeAndAfter(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	at := time.Unix(1111111111, 0)
	for seconds, want := range map[time.Duration]bool{-60: false, -30: true, 0: true, 30: true, 60: false} {
		if _, ok := matchTOTP(secret, TOTP(secret, at), at.Add(seconds*time.Second)); ok != want {
			t.Errorf("%d seconds later: %v", seconds, ok)
		}
	}
}

func TestANewPasswordNamesEveryRuleItBreaks(t *testing.T) {
	for password, want := range map[string]string{
		"Good-password-1": "", "Пароль-1": "", "short1A": "too_short", "nodigitsHere": "no_digit", "alllower1": "no_case",
		"": "too_short no_digit no_case", "Aa1" + strings.Repeat("a", 300): "too_long",
	} {
		var got []string
		for _, f := range CheckNewPassword("password", password) {
			got = append(got, f.Code)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%.20q: %q, want %q", password, s, want)
		}
	}
}

func TestAPasswordHashTellsPasswordsApart(t *testing.T) {
	h := hashPassword("Good-password-1")
	if !samePassword(h, "Good-password-1") || samePassword(h, "Good-password-2") || samePassword("", "") || samePassword("argon2id$x", "x") {
		t.Error("a hash mistakes passwords")
	}
	if h == hashPassword("Good-password-1") {
		t.Error("two hashes of one password are the same: no salt")
	}
}
