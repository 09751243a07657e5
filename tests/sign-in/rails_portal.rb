# A portal in Rails 6.1 that signs its users in itself (`names`) or takes Digue's word (`digue`).
#
#     ruby rails_portal.rb names|digue PORT FOLDER [NAME ISSUER JWKS]
#
# It shows any record to anybody who is signed in: what it should refuse, Digue refuses. Needs, of
# Debian: ruby-railties ruby-actionpack ruby-jwt puma.
WAY, PORT, FOLDER, ENV["DIGUE_PORTAL"], ENV["DIGUE_ISSUER"], ENV["DIGUE_JWKS"] = ARGV
ENV["RAILS_ENV"] = "production"

require "logger"
require "json"
require "rails"
require "action_controller/railtie"
require "rack/handler/puma"

EXAMPLES = File.expand_path("../../contrib/sign-in/rails", __dir__)

class RailsPortal < Rails::Application
  config.root = FOLDER
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = "of-a-test-on-loopback" * 4
  config.session_store :cookie_store, key: "_portail_session"
  config.logger = Logger.new($stderr)
  config.hosts.clear
end

User = Struct.new(:login, :password) do
  def self.find_by(login:)
    %w[agent1 agent2].include?(login) ? new(login, "mot-de-passe-#{login}") : nil
  end
end

class ApplicationController < ActionController::Base
  protect_from_forgery with: :exception
  if WAY == "names"
    require "#{EXAMPLES}/portal_user"
    include PortalUser
    before_action :require_login

    def current_user
      User.find_by(login: session[:login])
    end

    def require_login
      redirect_to "/session/new" unless current_user
    end
  else
    require "#{EXAMPLES}/digue_identity"
    include DigueIdentity
  end

  private

  def page(content)
    render html: "<!doctype html><title>Portail</title>#{content}".html_safe
  end

  def form(action, content, method = "post")
    hidden = { authenticity_token: form_authenticity_token, _method: method }
    hidden = hidden.map { |name, value| %(<input type="hidden" name="#{name}" value="#{value}">) }.join
    %(<form method="post" action="#{action}">#{hidden}#{content}</form>)
  end
end

class SessionsController < ApplicationController
  skip_before_action :require_login, raise: false

  def new
    page(form("/session", '<input name="login"><input type="password" name="password"><button>Se connecter</button>'))
  end

  def create
    user = User.find_by(login: params[:login])
    return redirect_to("/session/new") unless user && user.password == params[:password]

    reset_session
    session[:login] = user.login
    redirect_to "/"
  end

  def destroy
    reset_session
    redirect_to "/session/new"
  end
end

class PersonsController < ApplicationController
  # A page that forgets to ask who is signed in.
  skip_before_action :require_login, only: [:open, :me], raise: false

  def home
    page(form("/session", "<button>Se déconnecter</button>", "delete"))
  end

  def me
    render json: { account: current_user&.login }
  end

  def show
    page(%(<h1 class="person">#{params[:number]}</h1><p>Nom de #{params[:number]}</p><p>Compte : #{current_user.login}</p>))
  end

  def open
    page(%(<h1 class="person">#{params[:number]}</h1><p>Nom de #{params[:number]}</p>))
  end
end

RailsPortal.initialize!
RailsPortal.routes.draw do
  resource :session, only: [:new, :create, :destroy]
  get "/api/me", to: "persons#me"
  get "/persons/:number", to: "persons#show"
  get "/open/:number", to: "persons#open"
  root to: "persons#home"
end

Rack::Handler::Puma.run(RailsPortal, Host: "127.0.0.1", Port: PORT, Threads: "1:4", Silent: true)
