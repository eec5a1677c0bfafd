package hashing

import "fmt"

type Policy uint8

func (p Policy) String() string { return []string{"mix", "prefix", "collide"}[p] }
func ParsePolicy(s string) (Policy, error) {
	for i := range Policy(3) {
		if i.String() == s {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no %s", s)
}
func SetPolicy(p Policy) {}
func Used() bool         { return false }
func ResetUsed()         {}
