# What is installed beside the program: completion of shells, systemd units, examples. Where a system keeps
# them is a variable each: make install zshcompletiondir=/usr/share/zsh/vendor-completions
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
systemdsystemunitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
themeexamplesdir = $(docdir)/examples/themes

nodist_bashcompletion_DATA = packaging/pgrollout
nodist_zshcompletion_DATA = packaging/_pgrollout
nodist_systemdsystemunit_DATA = packaging/systemd/pgrollout@.service \
    packaging/systemd/pgrollout-check@.service
systemdsystemunit_DATA = packaging/systemd/pgrollout-check@.timer
nodist_sysusers_DATA = packaging/pgrollout.conf
themeexamples_DATA = $(THEMES)
dist_doc_DATA = README.md
CLEANFILES += $(nodist_bashcompletion_DATA) $(nodist_zshcompletion_DATA) $(nodist_sysusers_DATA) \
    $(nodist_systemdsystemunit_DATA)
EXTRA_DIST += packaging/systemd/pgrollout@.service.in packaging/systemd/pgrollout-check@.service.in \
    packaging/systemd/pgrollout-check@.timer packaging/systemd/pgrollout.sysusers packaging/container/Containerfile .containerignore \
    debian/changelog debian/control debian/copyright debian/rules debian/source/format

packaging/pgrollout: $(top_srcdir)/src/cmd/completion/pgrollout.bash
packaging/_pgrollout: $(top_srcdir)/src/cmd/completion/pgrollout.zsh
packaging/pgrollout.conf: $(top_srcdir)/packaging/systemd/pgrollout.sysusers
packaging/pgrollout packaging/_pgrollout packaging/pgrollout.conf:
	@$(MKDIR_P) packaging
	$(AM_V_GEN)cp $< $@
packaging/systemd/pgrollout@.service: $(top_srcdir)/packaging/systemd/pgrollout@.service.in Makefile
packaging/systemd/pgrollout-check@.service: $(top_srcdir)/packaging/systemd/pgrollout-check@.service.in Makefile
packaging/systemd/pgrollout@.service packaging/systemd/pgrollout-check@.service:
	@$(MKDIR_P) packaging/systemd
	$(AM_V_GEN)sed 's|@bindir[@]|$(bindir)|; s|@sysconfdir[@]|$(sysconfdir)|' $< >$@
