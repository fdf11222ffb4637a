/* SPDX-License-Identifier: Apache-2.0 */
/* All of libftpmprov that is promised. */
#pragma once

#include "ftpmprov/bytes.h"
#include "ftpmprov/ctx.h"
#include "ftpmprov/ek.h"
#include "ftpmprov/ekb.h"
#include "ftpmprov/ekcert.h"
#include "ftpmprov/err.h"
#include "ftpmprov/format.h"
#include "ftpmprov/fuse.h"
#include "ftpmprov/identity.h"
#include "ftpmprov/ledger.h"
#include "ftpmprov/mac.h"
#include "ftpmprov/nvftpm.h"
#include "ftpmprov/public.h"
#include "ftpmprov/release.h"
#include "ftpmprov/secret.h"
#include "ftpmprov/signer.h"
