// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.spi.transport.Transport;
import java.net.SocketAddress;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * The platform's transport, whose listening sockets have an {@link AcceptGate}. Vert.x itself shows a
 * connection only once its TLS handshake is made.
 */
final class GatedTransport implements Transport, io.vertx.core.transport.Transport {
  private final io.vertx.core.transport.Transport platform;
  private final Transport to;
  private volatile @Nullable AcceptGate next;

  private GatedTransport(io.vertx.core.transport.Transport platform) {
    this.platform = platform;
    this.to = platform.implementation();
  }

  /** The native one where there is one. */
  static GatedTransport platform() {
    io.vertx.core.transport.Transport best = io.vertx.core.transport.Transport.nativeTransport();
    return new GatedTransport(
        best != null && best.available() ? best : io.vertx.core.transport.Transport.NIO);
  }

  /** The gate of the sockets that are bound from now on: doors are opened one after the other. */
  void gate(AcceptGate gate) {
    next = gate;
  }

  @Override
  public void configure(NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
    AcceptGate gate = next;
    if (gate == null) {
      throw new IllegalStateException("bug: a door without a gate");
    }
    to.configure(options, domainSocket, bootstrap);
    var unused = bootstrap.handler(gate);
  }

  @Override
  public String name() {
    return platform.name();
  }

  @Override
  public boolean available() {
    return platform.available();
  }

  @Override
  public Transport implementation() {
    return this;
  }

  @Override
  public boolean supportsDomainSockets() {
    return to.supportsDomainSockets();
  }

  @Override
  public boolean supportFileRegion() {
    return to.supportFileRegion();
  }

  @Override
  public boolean isAvailable() {
    return to.isAvailable();
  }

  @Override
  public @Nullable Throwable unavailabilityCause() {
    return to.unavailabilityCause();
  }

  @Override
  public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
    return to.convert(address);
  }

  @Override
  public io.vertx.core.net.@Nullable SocketAddress convert(SocketAddress address) {
    return to.convert(address);
  }

  @Override
  public IoHandlerFactory ioHandlerFactory() {
    return to.ioHandlerFactory();
  }

  @Override
  public EventLoopGroup eventLoopGroup(
      int type, int threads, ThreadFactory threadFactory, int ioRatio) {
    return to.eventLoopGroup(type, threads, threadFactory, ioRatio);
  }

  @Override
  public DatagramChannel datagramChannel() {
    return to.datagramChannel();
  }

  @Override
  @SuppressWarnings("deprecation") // Vert.x 5.0 asks for it.
  public DatagramChannel datagramChannel(InternetProtocolFamily family) {
    return to.datagramChannel(family);
  }

  @Override
  public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
    return to.channelFactory(domainSocket);
  }

  @Override
  public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
    return to.serverChannelFactory(domainSocket);
  }
}
