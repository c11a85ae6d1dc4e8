// SPDX-License-Identifier: Apache-2.0

/**
 * Keys that never leave the token: PKCS#11 through the JDK's own wrapper.
 *
 * <p>The order of things: a {@link dev.writ.hsm.TokenProfile} says what module to load and how; {@link
 * dev.writ.hsm.Token#open} finds the slot by the token's label and logs in, once; {@link
 * dev.writ.hsm.KeyCeremony#init} makes the keys of a {@link dev.writ.hsm.KeyInventory}; {@link
 * dev.writ.hsm.Token#key} hands out an {@link dev.writ.hsm.HsmKey}, which signs. One of them certifies
 * the keys in memory that TLS servers show ({@link dev.writ.hsm.ServerCertificate}), one the attestation
 * keys of hosts ({@link dev.writ.hsm.AkCertificate}).
 *
 * <p>A token goes away and comes back: its module says so in a return value, or does not come back from
 * a call. {@code ReturnValue} says which return values end what. Login, sessions and handles belong to
 * one {@code TokenConnection}, which is dropped whole; {@code TokenWatch} makes the next one, in a module
 * that was loaded anew. Keys that were handed out sign through whichever connection holds.
 *
 * <p>A person's key, such as an operator's, is named by a {@link dev.writ.hsm.Pkcs11Uri} and opened for a few
 * signatures ({@link dev.writ.hsm.Pkcs11Key}); it needs no certificate.
 *
 * <p>A second token may have the same keys, by the vendor's means: {@code Replica} signs with it while the
 * first is away. A token without CKM_EDDSA has its Ed25519 key outside, in a file and in memory ({@link
 * dev.writ.hsm.WrappedKeys}); {@link dev.writ.hsm.KeyStorage} says of each key where it is.
 *
 * <p>A role has more than one key in the token while one follows the other: {@link
 * dev.writ.hsm.KeyCeremony#next} makes the key of a later generation, whose names follow from the
 * inventory's; {@link dev.writ.hsm.Token#generations} lists what the token has; {@link
 * dev.writ.hsm.Token#release} does without a key that stays there, {@link dev.writ.hsm.Token#destroy}
 * removes one. Which of them is in use, and since when, is not the token's to know.
 *
 * <p>Promises:
 *
 * <ul>
 *   <li>A key is used only if the token itself says, at this opening, that it is sensitive, was never
 *       anything else, and cannot be extracted (PKCS#11 v2.40, section 4.9).
 *   <li>A key and its certificate are one: at each opening the key signs a fresh challenge that the
 *       certificate's public key verifies.
 *   <li>Every connection proves each key in use anew before it signs with it: the attributes, the certificate,
 *       and that the public key is the one that was handed out.
 *   <li>A key that was released or destroyed signs no more, and never keeps its token away. A destroyed one
 *       is gone only when the token, still logged in, says that nothing goes by its names.
 *   <li>While a token is away, nothing waits for it: each signature fails at once. When it is back, the
 *       first succeeds without a restart.
 *   <li>A replica signs with a key only once its public half was found to be the first token's.
 *   <li>A module is never ended under a call that is inside it.
 *   <li>A PIN that a token refused is not shown to that token again by this process, and one that
 *       could lock the token is not tried at all.
 *   <li>A PIN that is sealed to the host's state ({@link dev.writ.hsm.SealedPin}) is unsealed for each
 *       login; while it stays sealed the token is shown none.
 *   <li>A PIN stands in no message, log or {@code toString}, and is zeroed after the login.
 *   <li>Every failure is a {@link dev.writ.hsm.HsmException} with the module's CKR code where there is
 *       one, and says what to do.
 * </ul>
 *
 * <p>Trust: the module, which runs inside this process and sees the PIN, and the token. What a
 * software token says of its keys is worth no more than the files that it keeps them in: see {@link
 * dev.writ.hsm.Assurance}.
 *
 * <p>The wrapper is the inner one of the JDK's provider SunPKCS11. The provider itself is not used: its
 * sessions, its login and its keys cannot be dropped and had anew. The JVM needs {@code --add-modules
 * jdk.crypto.cryptoki --add-exports jdk.crypto.cryptoki/sun.security.pkcs11.wrapper=ALL-UNNAMED}.
 *
 * <p>Configuration is lines of {@code key = value} in ASCII; {@code #} begins a comment line. Unknown,
 * repeated and missing keys are refused. Profiles lie in {@code hsm-config/profiles}, the inventory in
 * {@code hsm-config/keys.properties}.
 */
@NullMarked
@CheckReturnValue
package dev.writ.hsm;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
