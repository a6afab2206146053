package signin

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/crypto/argon2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
)

// The cost of a password hash: low enough for a training portal on a laptop,
// still far slower than a plain digest.
const (
	hashTime   = 1
	hashMemory = 8 << 10 // KiB
	hashLanes  = 1
	hashSize   = 32
	saltSize   = 16
)

// maxPassword bounds the work of hashing, bytes.
const maxPassword = 256

// hashPassword returns "argon2id$salt$hash" of a password (RFC 9106).
func hashPassword(password string) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	sum := argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashLanes, hashSize)
	return fmt.Sprintf("argon2id$%s$%s", base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
}

// samePassword reports whether a password fits a hash.
func samePassword(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 3 || parts[0] != "argon2id" || len(password) > maxPassword {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[1])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[2])
	if err != nil || err2 != nil {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashLanes, hashSize)
	return subtle.ConstantTimeCompare(got, want) == 1
}

// wasteTime takes as long as samePassword, so that the time of an answer does
// not tell whether a login exists.
func wasteTime(password string) {
	if len(password) <= maxPassword {
		argon2.IDKey([]byte(password), make([]byte, saltSize), hashTime, hashMemory, hashLanes, hashSize)
	}
}

// CheckNewPassword checks a new password against the portal's rule (features
// A2): at least 8 characters with a digit and letters in both cases.
func CheckNewPassword(field, password string) []problem.Field {
	var digit, upper, lower bool
	n := 0
	for _, r := range password {
		n++
		digit = digit || unicode.IsDigit(r)
		upper = upper || unicode.IsUpper(r)
		lower = lower || unicode.IsLower(r)
	}
	var out []problem.Field
	add := func(code string, m i18n.Text) { out = append(out, problem.Field{Name: field, Code: code, Message: m}) }
	if n < 8 {
		add("too_short", i18n.Text{RU: "не меньше 8 знаков", EN: "at least 8 characters"})
	}
	if len(password) > maxPassword {
		add("too_long", i18n.Text{RU: "слишком длинный пароль", EN: "the password is too long"})
	}
	if !digit {
		add("no_digit", i18n.Text{RU: "нужна хотя бы одна цифра", EN: "at least one digit is needed"})
	}
	if !upper || !lower {
		add("no_case", i18n.Text{RU: "нужны строчные и прописные буквы", EN: "letters in both cases are needed"})
	}
	return out
}
