"""The one address under which every operation of every hosted context answers."""

from django.urls import path

from vortex.rpc.views import serve

app_name = "rpc"
urlpatterns = [path("<str:context>/v<int:version>/<str:service>.<str:name>", serve, name="call")]
