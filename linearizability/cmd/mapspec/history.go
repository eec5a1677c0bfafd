package main

import (
	"context"
	"errors"
)

func runHistory(_ context.Context, env environment, args []string) (int, error) {
	return exitOther, errors.New("being written")
}
