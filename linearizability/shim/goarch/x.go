package goarch
