# Tells Digue who is signed in at this portal: `[identity] from = "portal"` in the map.
# app/controllers/concerns/portal_user.rb; `include PortalUser` in ApplicationController.
module PortalUser
  extend ActiveSupport::Concern

  included do
    after_action :name_portal_user
  end

  private

  # Where a before_action has answered there is no name: Digue then lets pass what shows nobody.
  def name_portal_user
    response.set_header("X-Portal-User", current_user.login) if current_user
  end
end
