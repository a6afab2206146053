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

func languageOf(ctx context.Context, usual i18n.Lang) i18n.Lang {
	if lang, ok := ctx.Value(languageKey{}).(i18n.Lang); ok {
		return lang
	}
	return usual
}
