package transport

import (
	"context"
	"testing"

	"github.com/epgu-cli/epgu/internal/i18n"
)

func TestARequestAsksForTheLanguageOfItsContext(t *testing.T) {
	c := &Client{opts: Options{Lang: i18n.RU}}
	for ctx, want := range map[context.Context]string{t.Context(): "ru", InLanguage(t.Context(), i18n.EN): "en"} {
		if got := (&Call{}).header(ctx, c, "").Get("Accept-Language"); got != want {
			t.Errorf("asked for %q, want %q", got, want)
		}
	}
}
