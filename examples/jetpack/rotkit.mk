# Include this in the Makefile of a Jetson BSP tree (Linux_for_Tegra). It builds with rotkit what the BSP
# flashes, signs it with your keys, verifies it, and puts it where flash.sh takes it from.
#
#   L4T_DIR := Linux_for_Tegra            the BSP tree (default: the folder make runs in)
#   ROTKIT_MANIFEST := product.yaml       what to build
#   ROTKIT_KEY := keys/pkc.key            the PKC key, by rotkit's key grammar
#   ROTKIT_SIGN := mb2_t234.bin=MB2B ...  files of bootloader/ with their T234 type, for the OEM signature
#   include path/to/rotkit.mk
#
#   make rotkit-build     the release
#   make rotkit-sign      NAME.sig and NAME.pub beside each file of ROTKIT_SIGN, as the BSP's header tool
#                         takes them (rotkit does not write private parts of the T234 header by itself)
#   make rotkit-verify    the release, and every signature again by the public key
#   make rotkit-stage     images and key blobs into bootloader/, in one step each, never half
ROTKIT ?= rotkit
L4T_DIR ?= .
ROTKIT_MANIFEST ?= product.yaml
ROTKIT_RELEASE ?= release
ROTKIT_SIGN ?=
ROTKIT_STAGE ?= qspi.img update.Cap

rotkit_out := $(L4T_DIR)/bootloader
rotkit_work := $(rotkit_out)/rotkit
rotkit_files := $(foreach pair,$(ROTKIT_SIGN),$(firstword $(subst =, ,$(pair))))
rotkit_type = $(word 2,$(subst =, ,$(filter $(1)=%,$(ROTKIT_SIGN))))

.PHONY: rotkit-build rotkit-sign rotkit-verify rotkit-stage rotkit-clean
.PRECIOUS: $(rotkit_work)/%.bch

rotkit-build:
	$(ROTKIT) build $(ROTKIT_MANIFEST) -o $(ROTKIT_RELEASE)

rotkit-sign: $(foreach file,$(rotkit_files),$(rotkit_work)/$(file).sig $(rotkit_work)/$(file).pub)

$(rotkit_work):
	mkdir -p $@

# The image under its header, whose bytes 0xfc0 to 0x1fff are what is signed.
$(rotkit_work)/%.bch: $(rotkit_out)/% | $(rotkit_work)
	$(ROTKIT) pack tegra-bch -o $@ payload=$< --set magic=$(call rotkit_type,$*)
$(rotkit_work)/%.sig: $(rotkit_work)/%.bch
	$(ROTKIT) sign tegra-bch $< -o $@ --key $(ROTKIT_KEY) --set output=sig
$(rotkit_work)/%.pub: $(rotkit_work)/%.bch
	$(ROTKIT) sign tegra-bch $< -o $@ --key $(ROTKIT_KEY) --set output=pub

rotkit-verify:
	$(ROTKIT) verify $(ROTKIT_RELEASE)
	$(foreach file,$(rotkit_files),$(ROTKIT) verify $(rotkit_work)/$(file).bch &&) true

rotkit-stage: rotkit-verify
	$(foreach image,$(ROTKIT_STAGE),cp $(ROTKIT_RELEASE)/images/$(image) $(rotkit_out)/.$(image).new && \
	    mv $(rotkit_out)/.$(image).new $(rotkit_out)/$(image) &&) true

rotkit-clean:
	rm -rf $(rotkit_work)
