# SPDX-License-Identifier: Apache-2.0
# Include this in the Makefile of a Jetson BSP tree (Linux_for_Tegra). It builds with rotkit what the BSP
# flashes, signs it with your keys, verifies it, and puts it where flash.sh takes it from: bootloader/.
#
#   L4T_DIR := Linux_for_Tegra            the BSP tree (default: the folder make runs in)
#   ROTKIT_MANIFEST := product.yaml       what to build
#   ROTKIT_RELEASE := release             where the manifest's release goes
#   ROTKIT_RELEASE_PUB := release.pem     the release key, which must have signed it (default: not asked)
#   ROTKIT_KEY := keys/pkc.key            the PKC key, by rotkit's key grammar
#   ROTKIT_PUB := keys/pkc.pem            what signatures are verified by (default: the public half of ROTKIT_KEY)
#   ROTKIT_SIGN := mb2_t234.bin=MB2B ...  files of bootloader/, for the OEM signature, with their T234 type
#   ROTKIT_STAGE := qspi.img A=B ...      images of the release to put into bootloader/, A under the name B;
#                                         with a slash, A is any file of the release: a device's key blob
#                                         (devices/X/Y/eks.img=eks_t234.img, the name that flash.sh looks for)
#   include path/to/rotkit.mk
#
#   make rotkit-build     the release
#   make rotkit-sign      NAME.sig and NAME.pub of each file of ROTKIT_SIGN in bootloader/rotkit/, as the BSP's
#                         header tool takes them, and NAME.bch, the file under the header that was signed (rotkit
#                         does not write private parts of the T234 header by itself). Where the BSP has left its
#                         own header beside the file (mb2_t234_sigheader.bin, mb2_t234_aligned_sigheader.bin),
#                         that one is taken, as part "header"; then the type may be left out (NAME alone)
#   make rotkit-verify    the release, and every signature and key again by the public key; files that changed
#                         since they were signed are told. It makes nothing
#   make rotkit-stage     rotkit-verify, then images and key blobs into bootloader/, in one step each, never half.
#                         A key blob is signed once it is there (ROTKIT_SIGN := eks_t234.img)
#   make rotkit-clean     takes bootloader/rotkit/ away
#
# Signatures are made anew when the key is another one, and when file, type, header or what rotkit makes of them
# is another, however old the files are; else they stay. Asked for together, the four run in this order, with -j
# too. L4T_DIR and the paths may have blanks, the names in the lists may not.
ROTKIT ?= rotkit
L4T_DIR ?= .
ROTKIT_MANIFEST ?= product.yaml
ROTKIT_RELEASE ?= release
ROTKIT_PUB ?=
ROTKIT_SIGN ?=
ROTKIT_STAGE ?= qspi.img update.Cap

rotkit_none :=
rotkit_blank := $(rotkit_none) $(rotkit_none)
rotkit_out = $(L4T_DIR)/bootloader
rotkit_work = $(rotkit_out)/rotkit
# As a target's name: make reads a blank as the end of one.
rotkit_target = $(subst $(rotkit_blank),\$(rotkit_blank),$(rotkit_work))
rotkit_files = $(foreach pair,$(ROTKIT_SIGN),$(firstword $(subst =, ,$(pair))))
rotkit_type = $(word 2,$(subst =, ,$(filter $(1)=%,$(ROTKIT_SIGN))))
rotkit_of = $(foreach file,$(rotkit_files),$(rotkit_target)/$(file).$(1))
rotkit_asked = $(filter $(1),$(MAKECMDGOALS))

# $(1) under the BSP's header, or one of its type, into $(2); bytes 0xfc0 to 0x1fff of it are what is signed.
rotkit_pack = set -- 'payload=$(rotkit_out)/$(1)'; \
    for header in '$(rotkit_out)/$(basename $(1))_sigheader$(suffix $(1))' \
        '$(rotkit_out)/$(basename $(1))_aligned_sigheader$(suffix $(1))'; do \
        if [ -f "$$header" ]; then set -- "$$@" "header=$$header"; break; fi; \
    done; \
    $(ROTKIT) pack tegra-bch -o $(2) "$$@" $(addprefix --set magic=,$(call rotkit_type,$(1)))
# What was made as $@.new becomes $@ where it differs, so that what is older than $@ is what is to be made anew.
rotkit_if_other = if cmp -s '$@.new' '$@'; then rm '$@.new'; else mv '$@.new' '$@'; fi
rotkit_unchanged = $(call rotkit_pack,$(1),-) | cmp -s - '$(rotkit_work)/$(1).bch' || \
    { echo '$(1) is not what was signed: make rotkit-sign' >&2; exit 1; }
rotkit_public = $(if $(ROTKIT_PUB),cat '$(ROTKIT_PUB)',$(ROTKIT) key show -o - '$(ROTKIT_KEY)')
# The image's path in the release, and its name in bootloader/.
rotkit_image = $(if $(findstring /,$(1)),$(1),images/$(1))
rotkit_from = $(ROTKIT_RELEASE)/$(call rotkit_image,$(firstword $(subst =, ,$(1))))
rotkit_name = $(notdir $(lastword $(subst =, ,$(1))))
rotkit_put = new='$(rotkit_out)/.$(call rotkit_name,$(1)).new' && cp --preserve=mode '$(call rotkit_from,$(1))' "$$new" && \
    sync "$$new" && mv -T "$$new" '$(rotkit_out)/$(call rotkit_name,$(1))'
# Ends one line of a recipe and begins the next.
define rotkit_line


endef

.PHONY: rotkit-build rotkit-sign rotkit-verify rotkit-stage rotkit-clean rotkit-always rotkit-verify-release \
    $(addprefix rotkit-verify-,$(rotkit_files))

rotkit-build:
	$(ROTKIT) build '$(ROTKIT_MANIFEST)' -o '$(ROTKIT_RELEASE)'

rotkit-sign: $(call rotkit_of,bch) $(call rotkit_of,sig) $(call rotkit_of,pub)

rotkit-always: | $(call rotkit_asked,rotkit-build)

$(rotkit_target)/%.bch: rotkit-always
	@mkdir -p '$(rotkit_work)'
	$(call rotkit_pack,$*,'$@.new')
	@$(rotkit_if_other)

$(rotkit_target)/key.pem: rotkit-always
	@mkdir -p '$(rotkit_work)'
	$(ROTKIT) key show -o '$@.new' '$(ROTKIT_KEY)' >/dev/null
	@$(rotkit_if_other)

$(rotkit_target)/%.sig: $(rotkit_target)/%.bch $(rotkit_target)/key.pem
	$(ROTKIT) sign tegra-bch '$<' -o '$@' --key '$(ROTKIT_KEY)' --set output=sig
$(rotkit_target)/%.pub: $(rotkit_target)/%.bch $(rotkit_target)/key.pem
	$(ROTKIT) sign tegra-bch '$<' -o '$@' --key '$(ROTKIT_KEY)' --set output=pub

rotkit-verify: rotkit-verify-release $(addprefix rotkit-verify-,$(rotkit_files))

rotkit-verify-release: | $(call rotkit_asked,rotkit-build rotkit-sign)
	$(ROTKIT) verify $(if $(ROTKIT_RELEASE_PUB),--pub '$(ROTKIT_RELEASE_PUB)') '$(ROTKIT_RELEASE)'

$(addprefix rotkit-verify-,$(rotkit_files)): rotkit-verify-%: | $(call rotkit_asked,rotkit-build rotkit-sign)
	@$(call rotkit_unchanged,$*)
	$(rotkit_public) | $(ROTKIT) verify --pub - --with 'sig=$(rotkit_work)/$*.sig' \
	    --with 'pub=$(rotkit_work)/$*.pub' '$(rotkit_work)/$*.bch'

rotkit-stage: rotkit-verify
	$(foreach image,$(ROTKIT_STAGE),$(call rotkit_put,$(image))$(rotkit_line))

rotkit-clean:
	rm -rf '$(rotkit_work)'
