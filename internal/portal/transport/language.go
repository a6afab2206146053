package transport

import (
	"context"

	"github.com/epgu-cli/epgu/internal/i18n"
)

type languageKey struct{}

// InLanguage is ctx in which requests ask for this language instead of the client's.
func InLanguage(ctx context.Context, lang i18n.Lang) context.Context {
	return context.WithValue(ctx, languageKey{}, lang)
}

// LanguageOf is the language in which a context asks, else the usual one: what the client
// itself says beside the answer of a portal is said in it, too.
func LanguageOf(ctx context.Context, usual i18n.Lang) i18n.Lang {
	if lang, ok := ctx.Value(languageKey{}).(i18n.Lang); ok {
		return lang
	}
	return usual
}
